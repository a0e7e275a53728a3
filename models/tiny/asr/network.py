"""SenseVoice, small: FunASR's class in the sizes of the folder's config.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from models.tiny.asr.pieces import read_pieces
from models.tiny.funasr import funasr_class

MODEL_FOLDER = Path(__file__).parents[1] / "iic" / "SenseVoiceSmall"
MODULE = "funasr.models.sense_voice.model"
LFR_M, LFR_N = 7, 6
INPUT = 80 * LFR_M
QUERIES = 4  # frames before the speech: language, event, emotion, text norm
EVENT_ROW, EMOTION_ROW = 1, 2  # of the embedding, whatever is asked for


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's config.yaml."""
    config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    return config


def build(folder: Path = MODEL_FOLDER) -> Any:  # noqa: ANN401 - funasr is untyped
    """The network that a folder's config.yaml describes, untrained."""
    config = read_config(folder)
    funasr_class(MODULE, config["encoder"])  # the model looks it up by name
    return funasr_class(MODULE, config["model"])(
        encoder=config["encoder"],
        encoder_conf=config["encoder_conf"],
        input_size=INPUT,
        vocab_size=read_pieces(folder).get_piece_size(),
        **config["model_conf"],
    )


def logits(
    network: Any,  # noqa: ANN401 - funasr is untyped
    features: Tensor,
    lengths: Tensor,
    languages: Tensor,
    norms: Tensor,
) -> Tensor:
    """Scores of each piece in each frame, the four queries' first.

    The original's ``encode`` draws the language itself, by the numbers its own pieces have; this is
    the same with the rows given.

    Args:
        network: see ``build``.
        features: shape ``(batch, frames, 560)``.
        lengths: frames of each.
        languages: the embedding's row of each one's language, 0 for not telling.
        norms: the row of its text norm.

    Returns:
        Shape ``(batch, 4 + frames, pieces)``.
    """
    fixed = torch.tensor([[EVENT_ROW, EMOTION_ROW]]).expand(len(features), -1)
    rows = torch.cat([languages[:, None], fixed, norms[:, None]], dim=1)
    frames = torch.cat([network.embed(rows), features], dim=1)
    encoded, _ = network.encoder(frames, lengths + QUERIES)
    scores: Tensor = network.ctc.ctc_lo(encoded)
    return scores
