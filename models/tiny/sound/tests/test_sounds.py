from __future__ import annotations

import shutil

import numpy as np
import pytest

from models.tiny.sound.acoustics import Samples, reverberate, set_level
from models.tiny.sound.noise import GENERATORS, coloured
from models.tiny.sound.synthesis import FLITE, VARIANTS, Utterance, Voice, sentences, speak
from shared.audio import SAMPLE_RATE

LENGTH = 2 * SAMPLE_RATE


@pytest.mark.parametrize("name", GENERATORS)
def test_a_noise_is_sound_that_its_seed_decides(name: str) -> None:
    first, again, other = (
        GENERATORS[name](np.random.default_rng(seed), LENGTH) for seed in (0, 0, 1)
    )
    assert first.dtype == np.float32
    assert first.shape == (LENGTH,)
    assert np.isfinite(first).all()
    assert first.any()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_brown_noise_is_darker_than_white() -> None:
    def centre(slope: float) -> float:
        power = np.abs(np.fft.rfft(coloured(np.random.default_rng(0), LENGTH, slope))) ** 2
        return float(np.sum(power * np.arange(power.size)) / power.sum())

    assert centre(2.0) < centre(1.0) < centre(0.0)


def test_a_room_keeps_the_direct_sound_where_it_was() -> None:
    click = np.zeros(LENGTH, np.float32)
    click[1000] = 1.0
    wet = reverberate(click, np.random.default_rng(0))
    np.testing.assert_allclose(wet[:1000], 0, atol=1e-6)
    assert wet[1000] == pytest.approx(1.0, abs=1e-5)
    assert np.abs(wet[1001:]).max() > 1e-3


@pytest.mark.parametrize("level", [-45.0, -20.0, 0.0])
def test_a_level_is_the_level_of_the_peaks(level: float) -> None:
    tone = 0.1 * np.sin(0.3 * np.arange(LENGTH)).astype(np.float32)
    peak = float(np.abs(set_level(tone, level)).max())
    assert 20 * np.log10(peak) == pytest.approx(level, abs=0.1)


def test_no_voice_variant_or_sentence_is_both_trained_on_and_held_out() -> None:
    assert not set(VARIANTS["train"]) & set(VARIANTS["heldout"])
    assert not set(FLITE["train"]) & set(FLITE["heldout"])
    train, heldout = (
        {text for texts in sentences(split).values() for text in texts}
        for split in ("train", "heldout")
    )
    assert not train & heldout


def levels(samples: Samples, count: int = 60) -> Samples:
    """The level of each of so many parts of a recording."""
    return np.array([np.sqrt(np.mean(part**2)) for part in np.array_split(samples, count)])


@pytest.mark.parametrize(
    ("program", "voice"),
    [("espeak-ng", Voice("espeak", "en-us+f3")), ("flite", Voice("flite", "slt"))],
)
def test_a_voice_says_the_same_sentence_the_same_way(program: str, voice: Voice) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    first, again = (speak(Utterance("One, two, three.", voice)) for _ in range(2))
    assert first.size == pytest.approx(again.size, rel=0.01)
    # Now and then espeak-ng gives other samples for the same sentence: compare what is heard.
    assert np.corrcoef(levels(first), levels(again))[0, 1] > 0.98
    assert 0.5 < first.size / SAMPLE_RATE < 5.0


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_a_shorter_vocal_tract_speaks_faster_and_a_higher_rate_too() -> None:
    plain, short, hurried = (
        speak(Utterance("One, two, three.", voice)).size
        for voice in (
            Voice("flite", "slt"),
            Voice("flite", "slt", scale=1.15),
            Voice("flite", "slt", words_per_minute=220),
        )
    )
    assert short < plain
    assert hurried < plain
