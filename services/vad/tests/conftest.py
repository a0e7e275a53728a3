"""The endpoint's engine and handler, on the bundled tiny weights."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from services.vad.contract import VADRequest
from services.vad.detector import Detector
from services.vad.handler import SERVICE
from shared.decode import decode_all
from shared.features import Array
from shared.worker.job import JobHandler
from tools.workspace import SAMPLE, TINY_MODELS

Ask = Callable[..., dict[str, Any]]


def load(models: Path, monkeypatch: pytest.MonkeyPatch) -> Detector:
    """The engine with the models in that folder."""
    monkeypatch.setenv("MODELS_DIR", str(models))
    return Detector.load(SERVICE.spec)


@pytest.fixture(scope="session")
def detector() -> Detector:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return load(TINY_MODELS, monkeypatch)


@pytest.fixture(scope="session")
def ask(detector: Detector) -> Ask:
    """Answer one job through the real handler."""
    handler: JobHandler[VADRequest] = JobHandler(SERVICE, detector)

    def answer(**job_input: Any) -> dict[str, Any]:
        return asyncio.run(handler.handle({"id": "test", "input": job_input}))

    return answer


@pytest.fixture(scope="session")
def conversation() -> Array:
    """The bundled recording, shape (samples,)."""
    with SAMPLE.open("rb") as file:
        return decode_all(file)


def encoded(signal: Array, rate: int = 16_000, form: str = "WAV", **options: Any) -> str:
    """The signal as an audio file in base64."""
    file = io.BytesIO()
    soundfile.write(file, np.asarray(signal), rate, format=form, **options)
    return base64.b64encode(file.getvalue()).decode()
