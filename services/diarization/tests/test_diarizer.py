"""Who spoke when is found, whatever is sent; with the tiny weights, on voices they never met."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from bench.diarization.errors import Said, error_rate
from services.diarization.contract import DiarizationResult
from services.diarization.tests.conftest import Audio, Diarize, conversation
from shared.audio import SAMPLE_RATE
from shared.errors import InvalidInput

SILENCE = np.zeros(2 * SAMPLE_RATE, dtype=np.float32)


def said(turns: list[Any]) -> list[Said]:
    return [Said(turn.start, turn.end, str(turn.speaker)) for turn in turns]


@pytest.mark.parametrize("voices", [2, 3, 4])
def test_as_many_speakers_as_there_are_are_told_apart(diarize: Diarize, voices: int) -> None:
    rates = []
    for seed in (0, 10):
        samples, truth = conversation(seed + voices, voices, 60.0)
        turns = diarize(samples, num_speakers=voices)["turns"]
        rates.append(error_rate(said(turns), said(truth), len(samples) / SAMPLE_RATE, 0.25))
    assert np.mean(rates) < 0.1


def test_speakers_are_counted_more_often_than_not(diarize: Diarize) -> None:
    right = [
        diarize(conversation(10 * seed + voices, voices, 60.0)[0])["num_speakers"] == voices
        for voices in (2, 3, 4)
        for seed in range(3)
    ]
    assert sum(right) > len(right) / 2


def test_borders_are_where_the_speech_is(diarize: Diarize) -> None:
    samples, truth = conversation(12, 3, 60.0)
    turns = diarize(samples, num_speakers=3)["turns"]
    assert error_rate(said(turns), said(truth), len(samples) / SAMPLE_RATE) < 0.08


def test_one_speaker_is_one(diarize: Diarize) -> None:
    samples, _ = conversation(1, 1)
    assert diarize(samples)["num_speakers"] == 1


def test_the_result_is_what_the_contract_says(diarize: Diarize) -> None:
    samples, _ = conversation(2, 2)
    result = diarize(
        samples, num_speakers=2, return_embeddings=True, return_modelscope_text=True, format="rttm"
    )
    turns, speakers = result["turns"], result["speakers"]
    assert {turn.speaker for turn in turns} == {speaker.label for speaker in speakers}
    assert [speaker.label for speaker in speakers] == ["SPEAKER_00", "SPEAKER_01"]
    assert sum(speaker.turns for speaker in speakers) == len(turns)
    assert all(before.end <= after.start for before, after in pairwise(turns))
    assert turns[-1].end <= len(samples) / SAMPLE_RATE
    assert np.linalg.norm(speakers[0].embedding) == pytest.approx(1, abs=1e-3)
    assert result["formatted"].count("SPEAKER audio 1 ") == len(turns)
    assert [number for _, _, number in result["text"]] == [int(t.speaker[-2:]) for t in turns]
    assert set(result) <= set(DiarizationResult.model_fields)


def test_the_same_audio_has_the_same_result(diarize: Diarize) -> None:
    samples, _ = conversation(3, 3)
    first = diarize(samples)
    diarize(conversation(4, 2)[0], num_speakers=1)
    assert diarize(samples) == first, "what another job asked for is not kept"


@pytest.mark.parametrize("asked", [1, 2, 4])
def test_as_many_speakers_as_were_asked_for(diarize: Diarize, asked: int) -> None:
    samples, _ = conversation(5, 3, 40.0)
    assert diarize(samples, num_speakers=asked)["num_speakers"] == asked


@pytest.mark.parametrize(
    "samples",
    [
        SILENCE,
        SILENCE[:0],
        SILENCE[:1],
        np.random.default_rng(0).normal(0, 1e-4, SAMPLE_RATE).astype(np.float32),
    ],
    ids=["silence", "nothing", "one sample", "faint noise"],
)
def test_where_nobody_speaks_there_are_no_turns(diarize: Diarize, samples: Audio) -> None:
    result = diarize(samples, format="csv", num_speakers=2)
    assert (result["turns"], result["speakers"], result["num_speakers"]) == ([], [], 0)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.0, 4.0])
def test_a_few_words_are_somebodys(diarize: Diarize, seconds: float) -> None:
    samples, (first, *_) = conversation(6, 1)
    start = round(first.start * SAMPLE_RATE)
    words = samples[start : start + round(seconds * SAMPLE_RATE)]
    result = diarize(np.concatenate((SILENCE, words, SILENCE)))
    assert result["num_speakers"] == 1
    assert len(diarize(words, num_speakers=9)["speakers"]) <= 9


def voice_of(samples: Audio, truth: list[Any], speaker: int) -> Audio:
    """All that one speaker says."""
    own = [turn for turn in truth if turn.speaker == speaker]
    return np.concatenate([
        samples[round(turn.start * SAMPLE_RATE) : round(turn.end * SAMPLE_RATE)] for turn in own
    ])  # fmt: skip


def test_a_known_voice_gets_its_name(diarize: Diarize) -> None:
    samples, truth = conversation(7, 3, 60.0)
    half = len(samples) // 2
    before = [turn for turn in truth if turn.end * SAMPLE_RATE < half]
    second = voice_of(samples, before, 1)
    known = [{"name": "Ada", "audio": "UklGRg=="}]
    named = diarize(samples, [second], num_speakers=3, known_speakers=known)
    found = [turn for turn in named["turns"] if turn.speaker == "Ada"]
    own = [turn for turn in truth if turn.speaker == 1]
    missed = error_rate(said(found), said(own), len(samples) / SAMPLE_RATE, 0.25)
    assert missed < 0.2
    (ada,) = (speaker for speaker in named["speakers"] if speaker.label == "Ada")
    assert ada.similarity > 0.3


def test_an_embedding_of_one_job_is_recognised_in_another(diarize: Diarize) -> None:
    samples, _ = conversation(8, 2)
    first = diarize(samples, num_speakers=2, return_embeddings=True)["speakers"]
    known = [{"name": f"person {n}", "embedding": s.embedding} for n, s in enumerate(first)]
    again = diarize(samples, num_speakers=2, known_speakers=known)["speakers"]
    assert [speaker.label for speaker in again] == ["person 0", "person 1"]


def test_a_voice_that_is_not_there_names_nobody(diarize: Diarize) -> None:
    samples, _ = conversation(9, 2)
    told = diarize(samples, num_speakers=2, return_embeddings=True)["speakers"]
    stranger = -np.asarray(told[0].embedding)
    known = [{"name": "Nobody", "embedding": stranger.tolist()}]
    labels = [s.label for s in diarize(samples, num_speakers=2, known_speakers=known)["speakers"]]
    assert labels == ["SPEAKER_00", "SPEAKER_01"]


def test_a_known_speaker_without_speech_is_an_error(diarize: Diarize) -> None:
    with pytest.raises(InvalidInput, match="no speech"):
        diarize(SILENCE, [SILENCE], known_speakers=[{"name": "Ada", "audio": "UklGRg=="}])


def test_an_embedding_of_another_model_is_an_error(diarize: Diarize) -> None:
    with pytest.raises(InvalidInput, match="192 numbers"):
        diarize(SILENCE, known_speakers=[{"name": "Ada", "embedding": [1.0, 2.0]}])
