"""Recordings become text with times, and what is no speech becomes none."""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from models.tiny.asr.scores import align
from services.asr.contract import ASRRequest
from services.asr.recognizer import SpeechRecognizer
from services.asr.tests.conftest import Recognise, commands
from shared.audio import SAMPLE_RATE, Cancelled, Recording
from shared.contract import Response
from shared.features import Array
from shared.nets.asr.parts import frames_at_once
from shared.nets.asr.sensevoice import SenseVoice

PAUSE = np.zeros(2 * SAMPLE_RATE, np.float32)


def long_recording(count: int = 6) -> tuple[Array, list[float], list[str]]:
    """Commands with pauses of 2 s: the samples, where each begins, and what is said."""
    parts, begins, texts = [PAUSE], [], []
    for said in commands(count, seed=1):
        begins.append(sum(map(len, parts)) / SAMPLE_RATE + said.said.spans[0, 0])
        parts += [said.samples, PAUSE]
        texts.append("".join(said.said.units))
    return np.concatenate(parts).astype(np.float32), begins, texts


def squeezed(text: str) -> str:
    return "".join(text.split()).strip(".。")


def test_what_held_out_voices_say_is_understood(recognise: Recognise) -> None:
    wrong = total = 0
    languages = []
    for said in commands(20):
        result = recognise(said.samples, use_itn=False, timestamps="word")
        heard = [word.text for segment in result["segments"] for word in segment.words]
        wrong += align(said.said.units, heard).errors
        total += len(said.said.units)
        languages.append(result["language"] == said.said.language)
    assert wrong / total <= 0.1
    assert np.mean(languages) >= 0.9


def test_words_are_where_they_are_said(recognise: Recognise) -> None:
    errors: list[float] = []
    for said in commands(20):
        result = recognise(said.samples, use_itn=False, timestamps="word")
        words = [word for segment in result["segments"] for word in segment.words]
        if [word.text for word in words] == said.said.units:
            times = np.array([(word.start, word.end) for word in words])
            errors += np.abs(times - said.said.spans).max(axis=1).tolist()
    assert len(errors) >= 30
    assert np.median(errors) <= 0.1


def test_segments_are_in_order_and_where_they_are_in_the_recording(recognise: Recognise) -> None:
    samples, begins, _ = long_recording()
    segments = recognise(samples)["segments"]
    starts = [segment.start for segment in segments]
    assert starts == sorted(starts)
    assert all(one.end <= two.start for one, two in pairwise(segments))
    found = [min(abs(start - begin) for start in starts) < 0.6 for begin in begins]
    assert np.mean(found) >= 0.8


def test_the_text_is_that_of_the_segments_without_tags(recognise: Recognise) -> None:
    result = recognise(long_recording()[0])
    assert squeezed(result["text"]) == squeezed("".join(s.text for s in result["segments"]))
    assert "<|" not in json.dumps([s.model_dump() for s in result["segments"]])
    assert all(set(s.events) <= {"speech"} for s in result["segments"])


def test_itn_writes_digits_and_a_full_stop(recognise: Recognise) -> None:
    said = next(
        s for s in commands(60) if s.said.language == "en" and set(s.said.units) & {"two", "four"}
    )
    plain, normalised = recognise(said.samples, use_itn=False), recognise(said.samples)
    assert not any(letter.isdigit() or letter == "." for letter in plain["text"])
    assert normalised["text"].endswith(".")
    assert any(letter.isdigit() for letter in normalised["text"])


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(100, np.float32),
        np.full(1_600, 0.3, np.float32),
        np.zeros(30 * SAMPLE_RATE, np.float32),
        np.random.default_rng(0).normal(0, 1e-3, 5 * SAMPLE_RATE).astype(np.float32),
    ],
    ids=["empty", "7 ms", "0.1 s", "silence", "noise"],
)
@pytest.mark.parametrize("vad", [True, False])
def test_what_is_no_speech_has_no_text(recognise: Recognise, samples: Array, vad: bool) -> None:
    result = recognise(samples, vad=vad, format="verbose_json")
    assert (result["text"], result["segments"], result["language"]) == ("", [], None)
    assert result["speech_s"] == 0
    assert result["verbose_json"].segments == []


def test_without_a_vad_the_same_is_heard(recognise: Recognise) -> None:
    (said,) = commands(1, seed=3)
    with_vad, without = recognise(said.samples), recognise(said.samples, vad=False)
    assert squeezed(with_vad["text"]) == squeezed(without["text"])
    assert with_vad["vad_model"].verified
    assert without["vad_model"] is None


@pytest.mark.parametrize("vad", [True, False])
def test_long_stretches_are_cut_and_nothing_is_lost(recognise: Recognise, vad: bool) -> None:
    samples, _, _ = long_recording(8)
    without_pauses = samples[np.abs(samples) > 1e-4]
    whole = recognise(without_pauses, timestamps="word", vad=vad)
    cut = recognise(without_pauses, timestamps="word", vad=vad, max_segment_s=4.0)
    words = [[word for s in result["segments"] for word in s.words] for result in (whole, cut)]
    assert all(s.end - s.start <= 4.1 for s in cut["segments"])
    assert 0.7 < len(words[1]) / len(words[0]) < 1.4
    gaps = [two.start - one.end for one, two in pairwise(words[1])]
    assert max(gaps) < 2.0


def test_segments_are_given_as_they_are_done(recognise: Recognise) -> None:
    emitted: list[Response] = []
    result = recognise(long_recording()[0], emitted.append, stream=True, timestamps="word")
    assert emitted == result["segments"]


def test_the_same_recording_has_the_same_text_whatever_is_beside_it(recognise: Recognise) -> None:
    (said,) = commands(1, seed=5)
    others, _, _ = long_recording()
    alone = recognise(said.samples)["text"]
    text: str = recognise(np.concatenate([said.samples, PAUSE, others]))["text"]
    assert text.startswith(alone)


@pytest.mark.parametrize("form", ["text", "srt", "vtt"])
def test_a_text_format_comes_beside_the_segments(recognise: Recognise, form: str) -> None:
    result = recognise(long_recording()[0], format=form)
    signs = {"text": result["text"], "srt": "1\n00:00:0", "vtt": "WEBVTT\n\n00:00:0"}
    assert result["formatted"].startswith(signs[form])
    assert result["segments"]


def test_openais_shape_is_whole(recognise: Recognise) -> None:
    result = recognise(long_recording()[0], format="verbose_json", timestamps="word")
    shape = result["verbose_json"].model_dump()
    assert shape["text"] == result["text"]
    assert shape["language"] in {"english", "chinese"}
    assert [s["id"] for s in shape["segments"]] == list(range(len(result["segments"])))
    assert all(s["avg_logprob"] <= 0 and s["compression_ratio"] > 0 for s in shape["segments"])
    assert squeezed("".join(w["word"] for w in shape["words"])) in squeezed(
        result["text"].replace(".", "").replace("。", "")
    )


def test_a_cancelled_recording_stops_between_batches(recognizer: SpeechRecognizer) -> None:
    cancelled = threading.Event()
    samples, _, _ = long_recording()

    def blocks() -> Iterator[Array]:
        yield samples
        cancelled.set()  # after the last block: only the batches can notice

    with pytest.raises(Cancelled):
        recognizer.run(Recording(blocks(), cancelled), ASRRequest(audio="-"))


def test_a_stream_does_not_wait_for_a_batch_of_a_gpus_size(recognizer: SpeechRecognizer) -> None:
    model = recognizer._model
    assert isinstance(model, SenseVoice)
    large = replace(recognizer, _model=replace(model, frames_at_once=frames_at_once("cuda")))
    samples, _, _ = long_recording(3)
    read: list[int] = []
    first: list[int] = []

    def blocks() -> Iterator[Array]:
        for number in range(30):
            read.append(number)
            yield samples

    def emit(_: Response) -> None:
        first.append(len(read))

    large.run(Recording(blocks()), ASRRequest(audio="-", stream=True), (), emit)
    speech_s = sum(said.said.spans[-1, 1] - said.said.spans[0, 0] for said in commands(3, seed=1))
    assert (first[0] - 1) * speech_s < 90, "a minute of speech, and what the VAD adds"


def test_hours_are_not_kept(recognizer: SpeechRecognizer) -> None:
    samples, _, _ = long_recording(3)
    alive: list[weakref.ref[Any]] = []

    def blocks() -> Iterator[Array]:
        for _ in range(20):
            block = samples.copy()
            alive.append(weakref.ref(block))
            yield block
            del block
            assert sum(ref() is not None for ref in alive) <= 3

    result = recognizer.run(Recording(blocks()), ASRRequest(audio="-"))
    segments = result["segments"]
    assert isinstance(segments, list)
    assert len(segments) >= 40
