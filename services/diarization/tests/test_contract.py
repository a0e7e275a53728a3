"""What is asked for must make sense; what is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest

from services.diarization.contract import DiarizationRequest
from services.diarization.diarizer import speakers
from shared.errors import InvalidInput
from shared.worker.request import parse


def request(**fields: Any) -> DiarizationRequest:
    return parse(DiarizationRequest, {"audio": "UklGRg==", **fields}, 100)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"num_speakers": 0}, "num_speakers"),
    ({"num_speakers": 51}, "num_speakers"),
    ({"num_speakers": True}, "num_speakers"),
    ({"num_speakers": "2"}, "num_speakers"),
    ({"num_speakers": 2, "max_speakers": 3}, "num_speakers, or"),
    ({"min_speakers": 3, "max_speakers": 2}, "min_speakers exceeds max_speakers"),
    ({"known_speakers": {}}, "known_speakers"),
    ({"known_speakers": [{"name": "A"}]}, "exactly one of"),
    ({"known_speakers": [{"name": "A", "audio": "x", "embedding": [1.0]}]}, "exactly one of"),
    ({"known_speakers": [{"name": "", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": " A", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": "A\0B", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": "A\tB", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": "\x1b[1m", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": "A\x9b1m", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": "A\u2028B", "embedding": [1.0]}]}, "name"),
    ({"known_speakers": [{"name": "SPEAKER_01", "embedding": [1.0]}]}, "SPEAKER_"),
    ({"known_speakers": [{"name": "A", "embedding": [float("nan")]}]}, "embedding"),
    ({"known_speakers": [{"name": "A", "embedding": []}]}, "embedding"),
    ({"known_speakers": [{"name": "A", "embedding": [0.0, 0.0]}]}, "nothing but zeros"),
    ({"known_speakers": [{"name": "A", "embedding": [1e308]}]}, "embedding"),
    ({"known_speakers": [{"name": "A", "embedding": [1.0]}] * 2}, "each name once"),
    ({"known_threshold": 2.0}, "known_threshold"),
    ({"format": "srt"}, "format"),
    ({"speakers": 2}, "unknown field speakers"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG)
def test_what_makes_no_sense_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        request(**fields)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "least", "most"),
    [
        ({}, 1, 15),
        ({"num_speakers": 3}, 3, 3),
        ({"min_speakers": 2}, 2, 15),
        ({"max_speakers": 4}, 1, 4),
        ({"min_speakers": 20}, 20, 20),
        ({"min_speakers": 2, "max_speakers": 4}, 2, 4),
    ],
)
def test_the_bounds_on_speakers_are_those_asked_for(
    fields: dict[str, Any], least: int, most: int
) -> None:
    found = speakers(request(**fields))
    assert (found.least, found.most) == (least, most)


def test_only_known_speakers_with_a_recording_are_fetched() -> None:
    known = [
        {"name": "Ada", "audio_url": "https://example.com/a.wav"},
        {"name": "Bob", "embedding": [1.0]},
        {"name": "Eve Lu", "audio": "UklGRg=="},
    ]
    sources = [voice.source() for voice in request(known_speakers=known).voices()]
    assert sources == [("audio_url", "https://example.com/a.wav"), ("audio", "UklGRg==")]
