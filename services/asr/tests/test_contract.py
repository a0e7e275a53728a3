"""What a caller may ask of the recogniser, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from services.asr.contract import ASRRequest
from shared.errors import InvalidInput
from shared.worker.request import parse


def request(**fields: Any) -> ASRRequest:
    return parse(ASRRequest, {"audio": "UklGRg==", **fields}, 5)


def test_the_defaults() -> None:
    asked = request()
    assert (asked.language, asked.use_itn, asked.timestamps) == ("auto", True, "segment")
    assert (asked.vad, asked.format, asked.streams()) == (True, "json", False)


def test_a_stream_is_asked_for() -> None:
    assert request(stream=True).streams()


@pytest.mark.parametrize(
    ("fields", "about"),
    [
        ({"language": "klingon"}, "language: "),
        ({"language": "EN"}, "language: "),
        ({"language": None}, "language: "),
        ({"use_itn": 1}, "use_itn: "),
        ({"timestamps": "char"}, "timestamps: "),
        ({"format": "ass"}, "format: "),
        ({"stream": "yes"}, "stream: "),
        ({"vad": "false"}, "vad: "),
        ({"max_segment_s": 31}, "max_segment_s: "),
        ({"max_segment_s": 0.5}, "max_segment_s: "),
        ({"max_end_silence_ms": -1}, "max_end_silence_ms: "),
        ({"vad": False, "max_end_silence_ms": 300}, "options of the VAD"),
        ({"vad": False, "speech_threshold": 0.5}, "options of the VAD"),
        ({"hotwords": "x"}, "unknown field hotwords"),
    ],
)
def test_a_fault_is_named(fields: dict[str, Any], about: str) -> None:
    with pytest.raises(InvalidInput, match="invalid_input") as refused:
        request(**fields)
    assert about in str(refused.value)
