"""FunASR's FSMN encoder, small, and FunASR's own detector around it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor, nn

from models.tiny.funasr import funasr_class
from models.tiny.sound.acoustics import Samples
from shared.features import Cmvn
from shared.models.lean import load_weights

MODEL_FOLDER = Path(__file__).parents[1] / "iic" / "speech_fsmn_vad_zh-cn-16k-common-pytorch"

ENCODER_MODULE = "funasr.models.fsmn_vad_streaming.encoder"
LFR_M = 5
MELS = 80
SPEECH_FROM = math.log(4.0)
"""Log odds from which the end-point rules call a frame speech: P(speech) >= P(silence) + 0.6."""


def build_encoder(folder: Path) -> nn.Module:
    """The encoder that a folder's config.yaml describes, untrained, without its softmax.

    It takes features of shape ``(batch, frames, 400)`` to logits of shape
    ``(batch, frames, classes)``, silence first.
    """
    config = _read_config(folder)
    encoder = funasr_class(ENCODER_MODULE, config["encoder"])
    network: nn.Module = encoder(**config["encoder_conf"], use_softmax=False)
    return network


def load_encoder(folder: Path) -> tuple[nn.Module, Cmvn]:
    """The encoder of a model folder, as ``build_encoder`` gives it, and its normalisation.

    Raises:
        ModelUnusable: the folder's weights are not this network's.
    """
    network = build_encoder(folder)
    load_weights(network, folder / "model.pt", prefix="encoder.")
    return network.eval(), Cmvn.read(folder / "am.mvn")


def stack_frames(fbank: Tensor, cmvn: Cmvn) -> Tensor:
    """LFR stacking and normalisation of a batch; ``shared.features`` does the same for a stream.

    Args:
        fbank: log mel energies of shape ``(batch, frames, 80)``.
        cmvn: normalisation of 400 values.

    Returns:
        Shape ``(batch, frames, 400)``; the edge frames are repeated.
    """
    padded = nn.functional.pad(fbank.mT, (LFR_M // 2, LFR_M // 2), mode="replicate").mT
    stacked = padded.unfold(1, LFR_M, 1).mT.flatten(2)
    return (stacked + torch.from_numpy(cmvn.shift)) * torch.from_numpy(cmvn.scale)


def speech_odds(network: nn.Module, features: Tensor) -> Tensor:
    """Log odds of speech, of shape ``(batch, frames)``."""
    logits: Tensor = network(features)
    return logits[..., 1:].logsumexp(-1) - logits[..., 0]


def score_frames(network: nn.Module, cmvn: Cmvn, fbank: NDArray[np.float16]) -> NDArray[np.float32]:
    """Log odds of speech for many scenes, without training.

    Args:
        network: see ``build_encoder``.
        cmvn: its normalisation.
        fbank: log mel energies of shape ``(scenes, frames, 80)``.

    Returns:
        Shape ``(scenes, frames)``.
    """
    with torch.inference_mode():
        parts = [speech_odds(network, stack_frames(part.float(), cmvn))
                 for part in torch.split(torch.from_numpy(fbank), 16)]  # fmt: skip
    return torch.cat(parts).numpy()


class FunasrDetector:
    """Unmodified FunASR on a model folder: ``FsmnVADStreaming`` with ``dynamic_silence=False``.

    Args:
        folder: a model in the hub's layout.

    Raises:
        ModelUnusable: the folder's weights are not those of its configuration.
    """

    def __init__(self, folder: Path) -> None:
        config = _read_config(folder)
        funasr_class(ENCODER_MODULE, config["encoder"])  # the detector looks it up by name
        detector = funasr_class("funasr.models.fsmn_vad_streaming.model", config["model"])
        frontend = funasr_class("funasr.frontends.wav_frontend", config["frontend"])
        self._model: Any = detector(
            encoder=config["encoder"], encoder_conf=config["encoder_conf"], **config["model_conf"]
        )
        load_weights(self._model, folder / "model.pt")
        self._model.eval()
        self._frontend = frontend(cmvn_file=str(folder / "am.mvn"), **config["frontend_conf"])

    def segments(self, samples: Samples) -> list[tuple[float, float]]:
        """Speech segments by the end-point rules, in seconds."""
        with torch.inference_mode():
            results, _ = self._model.inference(
                [torch.from_numpy(np.ascontiguousarray(samples))], key=["recording"], cache={},
                frontend=self._frontend, device="cpu", dynamic_silence=False,
            )  # fmt: skip
        return [(start / 1000, end / 1000) for start, end in results[0]["value"]]


def _read_config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    return config
