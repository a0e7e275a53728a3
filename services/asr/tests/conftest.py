"""A recogniser with the tiny weights, and commands said by voices it was not trained on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from models.tiny.asr.spoken import Unspoken
from models.tiny.asr.utterances import Recording as Spoken
from models.tiny.asr.utterances import draw_speech
from services.asr.contract import ASRRequest
from services.asr.handler import SERVICE
from services.asr.recognizer import SpeechRecognizer
from shared.audio import SAMPLE_RATE, Recording
from shared.features import Array
from shared.worker.request import parse
from shared.worker.service import Emit, keep_quiet
from tools.workspace import TINY_MODELS

Recognise = Callable[..., Mapping[str, Any]]


@pytest.fixture(scope="session")
def recognizer() -> SpeechRecognizer:
    """The engine with the bundled weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(TINY_MODELS))
        return SpeechRecognizer.load(SERVICE.spec)


@pytest.fixture
def recognise(recognizer: SpeechRecognizer) -> Recognise:
    """The result for samples, whatever is asked for."""

    def run(samples: Array, emit: Emit = keep_quiet, **asked: Any) -> Mapping[str, Any]:
        recording = Recording(np.array_split(samples, max(1, len(samples) // SAMPLE_RATE)))
        request = parse(ASRRequest, {"audio": "UklGRg==", **asked}, 1)
        return recognizer.run(recording, request, (), emit)

    return run


def commands(count: int, seed: int = 0) -> list[Spoken]:
    """Connected words in both languages, with the truth of where each is.

    Skips where the synthesisers are not installed.
    """
    for program in ("espeak-ng", "flite"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    found: list[Spoken] = []
    number = 0
    while len(found) < count:
        number += 1
        try:
            found.append(draw_speech(np.random.default_rng([seed, number]), "heldout"))
        except Unspoken:
            continue
    return found
