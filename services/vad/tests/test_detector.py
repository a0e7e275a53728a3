"""What the endpoint finds, and how its options change that."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vad.contract import VADRequest
from services.vad.detector import refine
from services.vad.precise import Span
from services.vad.tests.conftest import Ask, encoded
from shared.features import Array
from shared.formats import TextFormat, parse
from tools.workspace import SAMPLE

TRUTH = json.loads(SAMPLE.with_suffix(".json").read_text())


def spans(result: dict[str, list[dict[str, float]]]) -> list[Span]:
    return [(segment["start"], segment["end"]) for segment in result["segments"]]


def test_the_speech_of_the_bundled_recording_is_found(ask: Ask, conversation: Array) -> None:
    found = spans(ask(audio=encoded(conversation)))
    for turn in TRUTH:
        middle = (turn["start"] + turn["end"]) / 2
        assert any(start <= middle <= end for start, end in found)
    assert len(found) >= 4


def test_totals_are_those_of_the_segments(ask: Ask, conversation: Array) -> None:
    result = ask(audio=encoded(conversation))
    assert result["duration_s"] == pytest.approx(len(conversation) / 16_000, abs=1e-3)
    assert result["speech_s"] == pytest.approx(sum(end - start for start, end in spans(result)))
    assert result["speech_ratio"] == pytest.approx(
        result["speech_s"] / result["duration_s"], abs=1e-3
    )


@pytest.mark.parametrize(
    "samples", [0, 1, 160, 399, 400, 16_000], ids=lambda samples: f"{samples}-samples"
)
@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_empty_short_and_silent_audio_have_no_segments(
    ask: Ask, samples: int, level: float
) -> None:
    signal = np.random.default_rng(0).normal(0, level, samples).astype(np.float32)
    result = ask(audio=encoded(signal))
    assert result["segments"] == []
    assert result["speech_ratio"] == 0
    assert result["duration_s"] == round(samples / 16_000, 3)


def test_a_longer_silence_is_bridged_when_asked(ask: Ask, conversation: Array) -> None:
    audio = encoded(conversation)
    patient = ask(audio=audio, max_end_silence_ms=5_000)
    assert len(patient["segments"]) < len(ask(audio=audio)["segments"])


def test_a_higher_threshold_finds_less_speech(ask: Ask, conversation: Array) -> None:
    audio = encoded(conversation)
    strict, lax = (ask(audio=audio, speech_threshold=t)["speech_s"] for t in (0.99, -0.9))
    assert strict < lax


def test_no_segment_is_longer_than_asked(ask: Ask, conversation: Array) -> None:
    audio = encoded(np.tile(conversation, 2))
    result = ask(audio=audio, max_segment_s=1.5, max_end_silence_ms=5_000)
    assert max(end - start for start, end in spans(result)) == pytest.approx(1.51)


def test_jobs_with_different_options_never_influence_each_other(
    ask: Ask, conversation: Array
) -> None:
    audio = encoded(conversation)
    options: list[dict[str, Any]] = [
        {},
        {"max_end_silence_ms": 3_000},
        {"speech_threshold": 0.95},
        {"max_segment_s": 2.0},
    ]
    alone = [spans(ask(audio=audio, **choice)) for choice in options]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda n: spans(ask(audio=audio, **options[n % 4])), range(16)))
    assert together == alone * 4


def test_the_answer_does_not_depend_on_the_container(ask: Ask, conversation: Array) -> None:
    wav, flac = (spans(ask(audio=encoded(conversation, form=form))) for form in ("WAV", "FLAC"))
    assert wav == flac


@pytest.mark.parametrize("form", ["rttm", "audacity", "csv"])
def test_a_text_format_comes_beside_the_segments(
    ask: Ask, conversation: Array, form: TextFormat
) -> None:
    result = ask(audio=encoded(conversation), format=form)
    assert [(s.start, s.end) for s in parse(result["formatted"], form)] == spans(result)


def test_scores_are_given_per_frame_when_asked(ask: Ask, conversation: Array) -> None:
    audio = encoded(conversation)
    scores = ask(audio=audio, return_scores=True)["scores"]
    assert scores["frame_s"] == 0.01
    assert len(scores["speech"]) == (len(conversation) - 400) // 160 + 1
    assert all(0 <= score <= 1 for score in scores["speech"])
    assert "scores" not in ask(audio=audio)


def test_a_result_names_its_model_and_service(ask: Ask, conversation: Array) -> None:
    result = ask(audio=encoded(conversation[:16_000]))
    assert result["model"] == {
        "id": "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch",
        "revision": "tiny-1",
        "verified": True,
    }
    assert result["service"]["name"] == "vad"


moments = st.integers(0, 400).map(lambda n: n / 20)
ordered = (
    st.lists(moments, unique=True, max_size=12)
    .map(sorted)
    .map(lambda times: list(zip(times[::2], times[1::2], strict=False)))
)
milliseconds = st.sampled_from([0, 50, 200, 1000, 5000])


@given(ordered, milliseconds, milliseconds, milliseconds)
def test_refined_segments_stay_in_order_within_the_recording(
    found: list[Span], silence: int, speech: int, pad: int
) -> None:
    request = VADRequest(audio="-", min_silence_ms=silence, min_speech_ms=speech, pad_ms=pad)
    refined = refine(found, 20.0, request)
    flat = [moment for span in refined for moment in span]
    assert flat == sorted(flat)
    assert all(0 <= moment <= 20 for moment in flat)
    if silence == speech == pad == 0:
        assert refined == found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [(1.0, 2.0), (2.2, 2.3), (4.0, 5.0)]),
        ({"min_silence_ms": 300}, [(1.0, 2.3), (4.0, 5.0)]),
        ({"min_speech_ms": 200}, [(1.0, 2.0), (4.0, 5.0)]),
        ({"min_silence_ms": 300, "min_speech_ms": 1_100}, [(1.0, 2.3)]),
        ({"pad_ms": 500}, [(0.5, 2.1), (2.1, 2.8), (3.5, 5.2)]),
    ],
)
def test_joining_dropping_and_padding(options: dict[str, Any], expected: list[Span]) -> None:
    found = [(1.0, 2.0), (2.2, 2.3), (4.0, 5.0)]
    assert refine(found, 5.2, VADRequest(audio="-", **options)) == expected
