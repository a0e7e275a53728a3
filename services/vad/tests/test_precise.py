"""Mode ``precise``: where the network hears speech."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tiny.sound.labels import Labels
from models.tiny.vad.scores import Score, frames_of, score, truth_of
from services.vad.contract import VADRequest
from services.vad.detector import Detector, refine
from services.vad.precise import MIN_SILENCE_MS, MIN_SPEECH_MS, Span, lean, stretches
from services.vad.tests.conftest import Ask, encoded, load
from shared.audio import Recording
from shared.decode import decode
from shared.features import Array
from tests.data import real_data
from tools.workspace import ROOT

JOB = VADRequest(audio="-", mode="precise")
SAMPLES = [ROOT / "samples" / name for name in ("conversation.flac", "commands.flac")]


def spans(detector: Detector, recording: Recording, request: VADRequest = JOB) -> list[Span]:
    segments = detector.run(recording, request)["segments"]
    assert isinstance(segments, list)
    return [(segment.start, segment.end) for segment in segments]


def scored(detector: Detector, labelled: dict[Path, Labels], request: VADRequest = JOB) -> Score:
    """Agreement on all frames of recordings."""
    found = []
    for path, truth in labelled.items():
        with path.open("rb") as file:
            segments = spans(detector, Recording(decode(file)), request)
        found.append(frames_of(segments, len(truth)))
    return score(np.concatenate(found), np.concatenate(list(labelled.values())))


def bundled() -> dict[Path, Labels]:
    """The bundled recordings with the frames that somebody speaks in."""
    labelled = {}
    for path in SAMPLES:
        said = json.loads(path.with_suffix(".json").read_text("utf-8"))
        times = [(one["start"], one["end"]) for one in said]
        labelled[path] = frames_of(times, round(100 * times[-1][1]) + 50)
    return labelled


def test_real_weights_find_what_people_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    recordings = sorted(real_data("audio", "ten-vad").glob("*.scv"))
    detector = load(real_data("models"), monkeypatch)
    labelled = {path.with_suffix(".wav"): truth_of(path) for path in recordings}
    assert labelled
    found = scored(detector, labelled).f1
    assert found >= 0.93
    assert found > scored(detector, labelled, VADRequest(audio="-")).f1


def test_tiny_weights_find_the_speech_of_the_bundled_recordings(detector: Detector) -> None:
    assert scored(detector, bundled()).f1 >= 0.95


def test_pauses_are_found_that_the_rules_of_funasr_bridge(
    detector: Detector, conversation: Array
) -> None:
    by_rules = spans(detector, Recording([conversation]), VADRequest(audio="-"))
    assert len(spans(detector, Recording([conversation]))) > len(by_rules)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40_000), max_size=12))
def test_the_answer_does_not_depend_on_how_the_recording_is_cut(
    detector: Detector, conversation: Array, lengths: list[int]
) -> None:
    signal = conversation[: 8 * 16_000]
    blocks = np.split(signal, np.minimum(np.cumsum(lengths, dtype=np.intp), len(signal)))
    assert spans(detector, Recording(blocks)) == spans(detector, Recording([signal]))


pieces = st.lists(st.tuples(st.floats(-30, 30, width=32), st.integers(1, 60)), max_size=30)
odds = pieces.map(lambda all_: np.array([v for v, n in all_ for _ in range(n)], np.float32))
shortest = st.sampled_from([None, 0, 10, 80, 500])


@given(odds, st.floats(-1, 1), shortest, shortest, st.sampled_from([0, 30, 400]))
def test_segments_are_in_order_within_the_recording_and_as_long_as_asked(
    odds: Array, threshold: float, silence: int | None, speech: int | None, pad: int
) -> None:
    duration_s = len(odds) / 100 + 0.0234
    request = JOB.model_copy(
        update={"min_silence_ms": silence, "min_speech_ms": speech, "pad_ms": pad}
    )
    found = refine(stretches(lean(odds), threshold, duration_s), duration_s, request)
    flat = [round(1000 * moment) for span in found for moment in span]
    assert flat == sorted(flat)
    assert all(0 <= moment <= round(1000 * duration_s) for moment in flat)
    lengths = [end - start for start, end in zip(flat[::2], flat[1::2], strict=True)]
    assert all(length >= (MIN_SPEECH_MS if speech is None else speech) for length in lengths)
    if not pad:
        gaps = [start - end for end, start in pairwise(flat[1:-1])][::2]
        assert all(gap >= (MIN_SILENCE_MS if silence is None else silence) for gap in gaps)


@given(odds)
def test_a_frame_is_speech_as_its_neighbours_and_it_are_in_the_mean(odds: Array) -> None:
    leaning = lean(odds)
    assert leaning.shape == odds.shape
    assert (np.abs(leaning) <= 1).all()
    around = np.pad(odds.astype(np.float64), 2, mode="edge") if len(odds) else odds
    expected = [np.tanh(np.mean(around[place : place + 5]) / 2) for place in range(len(odds))]
    np.testing.assert_allclose(leaning, expected, atol=1e-4)


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 800, 16_000])
def test_short_and_silent_audio_has_no_segments(ask: Ask, samples: int) -> None:
    result = ask(audio=encoded(np.zeros(samples, np.float32)), mode="precise")
    assert result["segments"] == []
    assert result["speech_ratio"] == 0


def test_speech_up_to_the_end_of_the_recording_ends_there(ask: Ask, conversation: Array) -> None:
    signal = conversation[: 16_000 + 7]  # 1.0004 s: somebody is speaking
    (segment,) = ask(audio=encoded(signal), mode="precise")["segments"]
    assert segment["end"] == 1.0


def test_a_higher_threshold_finds_less_speech(ask: Ask, conversation: Array) -> None:
    audio = encoded(conversation)
    found = [ask(audio=audio, mode="precise", speech_threshold=t)["speech_s"] for t in (-0.9, 0.9)]
    assert found[0] > found[1] > 0


def test_scores_are_what_the_segments_were_decided_by(ask: Ask, conversation: Array) -> None:
    shortest = {"min_silence_ms": 0, "min_speech_ms": 0}
    result = ask(audio=encoded(conversation), mode="precise", return_scores=True, **shortest)
    speech = np.array(result["scores"]["speech"])
    assert len(speech) == (len(conversation) - 400) // 160 + 1
    segments = [(segment["start"], segment["end"]) for segment in result["segments"]]
    sure = np.abs(speech - 0.5) > 1e-4  # they are rounded
    np.testing.assert_array_equal((speech > 0.5)[sure], frames_of(segments, len(speech))[sure])


@pytest.mark.parametrize("option", [{"max_end_silence_ms": 500}, {"max_segment_s": 20.0}])
def test_an_option_of_the_other_mode_is_refused_by_name(ask: Ask, option: dict[str, float]) -> None:
    (name,) = option
    error = ask(audio=encoded(np.zeros(1600, np.float32)), mode="precise", **option)["error"]
    assert error.startswith("invalid_input: ")
    assert f"{name} is for mode funasr" in error


def test_another_mode_is_refused(ask: Ask) -> None:
    error = ask(audio=encoded(np.zeros(1600, np.float32)), mode="exact")["error"]
    assert error.startswith("invalid_input: mode")
