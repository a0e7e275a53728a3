"""With the same weights the endpoint finds what unmodified funasr finds, to the millisecond."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from services.vad.contract import VADRequest
from services.vad.detector import Detector
from services.vad.handler import SERVICE
from services.vad.tests.conftest import load
from shared.audio import Recording
from shared.decode import decode, decode_all
from shared.features import Array
from tests.data import real_data
from tests.funasr_reference import reference_model, reference_segments
from tools.workspace import TINY_MODELS

MODEL = SERVICE.spec.model("vad").id
JOB = VADRequest(audio="-")


def milliseconds(detector: Detector, recording: Recording) -> list[tuple[int, int]]:
    segments = detector.run(recording, JOB)["segments"]
    assert isinstance(segments, list)
    return [(round(s.start * 1000), round(s.end * 1000)) for s in segments]


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Detector:
    return load(real_data("models"), monkeypatch)


def test_tiny_weights_find_what_funasr_finds_with_them(
    detector: Detector, conversation: Array
) -> None:
    reference = reference_model(TINY_MODELS / MODEL)
    # 60 s is what funasr takes at a time: below, just at, and above it
    for samples in (len(conversation), 16_000 * 60, 16_000 * 60 + 1, 16_000 * 130):
        signal = np.resize(conversation, samples)
        ours = milliseconds(detector, Recording([signal]))
        assert ours == reference_segments(reference, signal)
        assert ours


@pytest.mark.parametrize("silence", [200, 500, 2_000])
def test_another_end_silence_means_what_it_means_in_funasr(
    detector: Detector, conversation: Array, silence: int
) -> None:
    reference = reference_model(TINY_MODELS / MODEL)
    request = VADRequest(audio="-", max_end_silence_ms=silence)
    segments = detector.run(Recording([conversation]), request)["segments"]
    expected = reference_segments(reference, conversation, max_end_silence_time=silence)
    assert isinstance(segments, list)
    assert [(round(s.start * 1000), round(s.end * 1000)) for s in segments] == expected


def test_the_documented_example_has_its_documented_segments(real: Detector) -> None:
    golden = json.loads(real_data("audio", "zh_vad_example.segments.json").read_text())["segments"]
    with real_data("audio", "zh_vad_example.wav").open("rb") as file:
        assert milliseconds(real, Recording(decode(file))) == [tuple(pair) for pair in golden]


def test_every_recording_at_hand_has_funasrs_segments(real: Detector) -> None:
    reference = reference_model(real_data("models", *MODEL.split("/")))
    recordings = sorted(real_data("audio").rglob("*.wav"))
    assert recordings
    for path in recordings:
        signal = _read(path)
        ours = milliseconds(real, Recording([signal]))
        assert ours == reference_segments(reference, signal), path.name


def _read(path: Path) -> Array:
    with path.open("rb") as file:
        return decode_all(file)
