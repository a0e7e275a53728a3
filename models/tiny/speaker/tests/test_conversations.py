from __future__ import annotations

import shutil

import numpy as np
import pytest

from models.tiny.sound.acoustics import rms
from models.tiny.sound.synthesis import FLITE, VARIANTS
from models.tiny.speaker.conversations import draw_people, make_conversation
from models.tiny.speaker.voices import MAIN_LANGUAGES, MORE_VARIANTS, draw_speakers, texts
from shared.audio import SAMPLE_RATE

needs_voices = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("flite")), reason="no synthesisers"
)


@needs_voices
@pytest.mark.parametrize("voices", [1, 2, 5])
def test_turns_are_where_somebody_speaks(voices: int) -> None:
    samples, turns = make_conversation(np.random.default_rng(voices), voices, "heldout", 15.0)
    edges = [edge for turn in turns for edge in (turn.start, turn.end)]
    assert edges == sorted(edges)
    assert edges[-1] < samples.size / SAMPLE_RATE
    assert list(dict.fromkeys(turn.speaker for turn in turns)) == list(range(voices))
    spans = [slice(*(int(edge * SAMPLE_RATE) for edge in pair)) for pair in zip(edges, edges[1:])]  # noqa: RUF007, B905
    spoken, quiet = spans[::2], spans[1::2]
    assert min(rms(samples[span]) for span in spoken) > 2 * max(
        [rms(samples[span][-800:]) for span in quiet], default=0.0
    )


@needs_voices
def test_a_conversation_is_16_bit_audio() -> None:
    samples, _ = make_conversation(np.random.default_rng(0), 2, "train", 5.0)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() <= 1.0
    np.testing.assert_array_equal(samples * 32768 % 1, 0)


@pytest.mark.parametrize("language", MAIN_LANGUAGES)
def test_people_who_talk_have_a_voice_each(language: str) -> None:
    people = draw_people(np.random.default_rng(0), 8, "heldout", language)
    assert len({person.voice.name for person in people}) == 8
    assert language == "en-us" or all(person.voice.engine == "espeak" for person in people)


def test_there_are_only_so_many_voices() -> None:
    with pytest.raises(ValueError, match="there are 9 heldout voices"):
        draw_people(np.random.default_rng(0), 10, "heldout", "cmn")


def test_no_voice_or_sentence_is_both_trained_on_and_held_out() -> None:
    rng = np.random.default_rng(0)
    train, heldout = ({person.voice.name for person in draw_speakers(rng, split)}
                      for split in ("train", "heldout"))  # fmt: skip
    assert not train & heldout
    assert train == {*VARIANTS["train"], *MORE_VARIANTS, *FLITE["train"]}
    for language in MAIN_LANGUAGES:
        assert not set(texts("train")[language]) & set(texts("heldout")[language])


def test_identities_are_many_and_different() -> None:
    voices = [person.voice for person in draw_speakers(np.random.default_rng(0), "train")]
    assert len(set(voices)) == len(voices) > 900
