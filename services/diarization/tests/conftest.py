"""A diarizer with the tiny weights, and conversations of synthetic voices."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.tiny.speaker.conversations import Turn, make_conversation
from services.diarization.contract import DiarizationRequest
from services.diarization.diarizer import Diarizer
from services.diarization.handler import SERVICE
from shared.audio import SAMPLE_RATE, Recording
from shared.worker.request import parse
from tools.workspace import TINY_MODELS

Audio = NDArray[np.float32]
Diarize = Callable[..., Mapping[str, Any]]


@pytest.fixture(scope="session")
def diarizer() -> Diarizer:
    """The engine with the bundled weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(TINY_MODELS))
        return Diarizer.load(SERVICE.spec)


@pytest.fixture
def diarize(diarizer: Diarizer) -> Diarize:
    """The result for samples, whatever is asked for; ``voices`` are known speakers' samples."""

    def run(samples: Audio, voices: list[Audio] | None = None, **asked: Any) -> Mapping[str, Any]:
        recording = Recording(np.array_split(samples, max(1, len(samples) // SAMPLE_RATE)))
        request = parse(DiarizationRequest, {"audio": "UklGRg==", **asked}, 1)
        return diarizer.run(recording, request, [Recording([voice]) for voice in voices or []])

    return run


def conversation(seed: int, voices: int, seconds: float = 30.0) -> tuple[Audio, list[Turn]]:
    """A conversation of voices that the tiny weights were not trained on.

    Skips where the synthesisers are not installed.
    """
    for program in ("espeak-ng", "flite"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    return make_conversation(np.random.default_rng(seed), voices, "heldout", seconds)
