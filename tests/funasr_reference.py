"""Unmodified funasr, to compare with: its VAD model and streaming front end.

Both are imported without ``funasr/__init__``, which changes nothing but the time that takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray

from models.tiny.funasr import funasr_class

CHUNK_MS = 60_000  # what funasr.AutoModel hands to the model at a time


def reference_model(folder: Path) -> Any:
    """FunASR's VAD with the weights in ``folder``."""
    config = yaml.safe_load((folder / "config.yaml").read_text())
    funasr_class("funasr.models.fsmn_vad_streaming.encoder", "FSMN")  # registers itself
    model = funasr_class("funasr.models.fsmn_vad_streaming.model", "FsmnVADStreaming")(
        encoder=config["encoder"], encoder_conf=config["encoder_conf"], **config["model_conf"]
    )
    model.load_state_dict(torch.load(folder / "model.pt", weights_only=True))
    model.eval()
    model.front_end = funasr_class("funasr.frontends.wav_frontend", "WavFrontendOnline")(
        cmvn_file=str(folder / "am.mvn"), **config["frontend_conf"]
    )
    return model


def reference_segments(
    model: Any, signal: NDArray[np.float32], **options: Any
) -> list[tuple[int, int]]:
    """What funasr finds, in milliseconds, with its end-point rules as configured."""
    with torch.inference_mode():
        results, _ = model.inference(
            [torch.from_numpy(signal)],
            key=["a"],
            frontend=model.front_end,
            cache={},
            device="cpu",
            chunk_size=CHUNK_MS,
            dynamic_silence=False,
            **options,
        )
    return [(start, end) for start, end in results[0]["value"]]
