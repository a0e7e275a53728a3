from __future__ import annotations

import shutil
from itertools import pairwise

import numpy as np
import pytest

from models.tiny.asr.spoken import glue, say
from models.tiny.asr.utterances import ACCENTS, draw_recording, draw_voice, variants
from models.tiny.asr.words import LANGUAGES, VOCABULARY, Language, draw_words
from models.tiny.sound.acoustics import rms
from models.tiny.sound.synthesis import FLITE, Voice
from shared.audio import SAMPLE_RATE

needs_voices = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("flite")), reason="no synthesisers"
)


def test_no_voice_is_both_trained_on_and_held_out() -> None:
    assert not set(variants("train")) & set(variants("heldout"))
    assert not set(FLITE["train"]) & set(FLITE["heldout"])
    for language in LANGUAGES:
        rng = np.random.default_rng(0)
        train, heldout = (
            {draw_voice(rng, split, language).name.rpartition("+")[2] for _ in range(500)}
            for split in ("train", "heldout")
        )
        assert not train & heldout
        assert heldout <= {*variants("heldout"), *FLITE["heldout"]}
    assert set(ACCENTS["heldout"]) <= set(ACCENTS["train"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_ten_digits_and_some_forty_commands(language: Language) -> None:
    vocabulary = VOCABULARY[language]
    words = vocabulary.digits + vocabulary.commands
    assert len(vocabulary.digits) == 10
    assert 40 <= len(vocabulary.commands) <= 50
    assert len(set(words)) == len(words)
    drawn = draw_words(np.random.default_rng(0), language)
    assert drawn
    assert set(drawn) <= set(words)


@needs_voices
@pytest.mark.parametrize(
    ("voice", "words"),
    [
        (Voice("espeak", "en-us+m7"), ["stop", "seven", "kitchen", "light"]),
        (Voice("espeak", "cmn+f5"), ["停", "止", "七", "门"]),
        (Voice("flite", "rms"), ["stop", "seven", "kitchen", "light"]),
    ],
)
def test_words_said_in_one_go_are_where_they_are_said_to_be(voice: Voice, words: list[str]) -> None:
    """Where there is a pause after each word, the sound itself tells."""
    comma = "，" if voice.name.startswith("cmn") else ", "
    spoken = say(voice, words, [comma] * len(words))
    loud = rms(spoken.samples)
    edges = (spoken.spans * SAMPLE_RATE).astype(int)
    assert edges[0, 0] == 0
    assert edges[-1, 1] == pytest.approx(spoken.samples.size, abs=SAMPLE_RATE // 100)
    for start, end in edges:
        assert rms(spoken.samples[start:end]) > loud / 3
    for (_, end), (start, _) in pairwise(edges):
        assert start - end > SAMPLE_RATE // 50
        assert rms(spoken.samples[end + 160 : start - 160]) < loud / 30


@needs_voices
def test_the_scale_of_a_voice_is_in_its_times() -> None:
    slow, quick = (
        say(Voice("espeak", "en-us+m7", scale=scale), ["stop", "seven"], [" ", " "])
        for scale in (1.0, 1.25)
    )
    np.testing.assert_allclose(slow.spans / 1.25, quick.spans, atol=0.021)


@needs_voices
def test_phrases_are_put_one_after_the_other() -> None:
    one = say(Voice("espeak", "en-us+m7"), ["stop"], [" "])
    both = glue([one, one], [0.5, 0.0])
    assert both.samples.size == 2 * one.samples.size + SAMPLE_RATE // 2
    distance = one.samples.size / SAMPLE_RATE + 0.5
    np.testing.assert_allclose(both.spans[1] - both.spans[0], distance)


@needs_voices
def test_a_recording_is_16_bit_audio_with_all_its_words_inside() -> None:
    for seed in range(12):
        recording = draw_recording(np.random.default_rng(seed), "train")
        spans = recording.said.spans
        assert len(spans) == len(recording.said.units)
        assert (np.diff(spans.reshape(-1)) >= -1e-9).all()
        assert spans.size == 0 or spans.max() <= recording.samples.size / SAMPLE_RATE + 0.011
        assert recording.samples.dtype == np.float32
        np.testing.assert_array_equal(recording.samples * 32768 % 1, 0)
