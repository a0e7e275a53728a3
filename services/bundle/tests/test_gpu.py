"""On another device the bundle hears what it hears on a CPU, and drops what it no longer needs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import soundfile
import torch

from services.bundle import engines
from services.bundle.contract import DiarizationTask, TranscribeTask
from services.bundle.engines import Bundle
from services.bundle.handler import SERVICE
from shared.audio import Recording
from tests.other_device import DEVICES, needs_cuda
from tools.workspace import COMMANDS, TINY_MODELS


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS_DIR", str(TINY_MODELS))


def transcript(bundle: Bundle) -> Mapping[str, object]:
    samples, _ = soundfile.read(COMMANDS, dtype="float32")
    return bundle.run(Recording([samples]), TranscribeTask(audio="-", task="transcribe"))


@pytest.mark.parametrize("device", DEVICES)
def test_a_transcript_is_the_same(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("cpu", device):
        monkeypatch.setattr(engines, "pick_device", lambda name=name: name)
        found.append(transcript(Bundle.load(SERVICE.spec)))
    assert found[0]["text"] == found[1]["text"] != ""
    assert found[0]["turns"] == found[1]["turns"]


@needs_cuda
def test_a_model_that_is_dropped_leaves_the_gpu() -> None:
    recogniser = loaded(0).needs("asr")
    bundle = loaded(sum(model.size for model in recogniser))
    before = torch.cuda.memory_allocated()
    bundle.run(Recording([]), DiarizationTask(audio="-", task="diarization"))
    assert torch.cuda.memory_allocated() < before


def loaded(max_model_bytes: int) -> Bundle:
    """The bundle with the recogniser, which is the largest model."""
    settings = {"load_at_start": ["asr"], "max_model_bytes": max_model_bytes}
    return Bundle.load(SERVICE.spec.model_copy(update={"engine": settings}))
