"""Who says what, how and where: recordings with the truth of each word's place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.tiny.asr.spoken import Spans, Spoken, glue, say
from models.tiny.asr.words import Language, draw_words, units
from models.tiny.sound.acoustics import (
    Samples,
    decibels_to_gain,
    limit_band,
    reverberate,
    rms,
    set_level,
)
from models.tiny.sound.noise import GENERATORS
from models.tiny.sound.synthesis import FLITE, FLITE_SHARE, VARIANTS, Split, Voice
from models.tiny.speaker.voices import MORE_VARIANTS
from shared.audio import SAMPLE_RATE

ACCENTS: dict[Split, tuple[str, ...]] = {
    "train": (
        *("en-us", "en-us", "en-us", "en", "en", "en", "en-gb-x-rp", "en-gb-scotland"),
        *("en-029", "en-us-nyc", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
    ),
    "heldout": ("en-us", "en"),
}
ENGLISH = 0.62  # share of the speech: it has more voices and accents
FLITE_SCALES = (0.82, 1.22)  # few voices, so more of each
WHISPERED = 0.05  # of the training voices' phrases, so that it is not one variant in eighty
APART = 0.4  # share of utterances whose words are spoken one by one
SILENT = 0.05  # share of recordings in which nobody speaks


@dataclass(frozen=True)
class Said:
    """What there is to hear.

    Attributes:
        language: of the speech, or None where there is none.
        units: English words, or Mandarin characters.
        spans: where each of them is.
        music: whether there is music and no speech.
    """

    language: Language | None
    units: list[str]
    spans: Spans
    music: bool = False


@dataclass(frozen=True)
class Recording:
    """Mono audio at 16 kHz, and what is said in it."""

    samples: Samples
    said: Said


def variants(split: Split) -> tuple[str, ...]:
    """espeak-ng's variants of a split; the nameless one is its plain voice."""
    return VARIANTS[split] + (("", *MORE_VARIANTS) if split == "train" else ())


def draw_voice(rng: np.random.Generator, split: Split, language: Language) -> Voice:
    """One of the split's voices, at a rate, a pitch and a length of the vocal tract."""
    drawn = Voice(
        engine="flite",
        name=str(rng.choice(FLITE[split])),
        words_per_minute=int(rng.integers(100, 260)),
        pitch=int(rng.integers(5, 96)),
        scale=float(np.round(rng.uniform(0.86, 1.18), 3)),
    )
    if language == "en" and rng.random() < FLITE_SHARE[split]:
        return replace(drawn, scale=float(np.round(rng.uniform(*FLITE_SCALES), 3)))
    accent = "cmn" if language == "zh" else str(rng.choice(ACCENTS[split]))
    whispers = split == "train" and rng.random() < WHISPERED
    variant = "whisper" if whispers else str(rng.choice(variants(split)))
    return replace(drawn, engine="espeak", name=f"{accent}+{variant}".rstrip("+"))


def draw_recording(rng: np.random.Generator, split: Split) -> Recording:
    """A recording of someone of the split somewhere, or (now and then) of no one.

    Raises:
        Unspoken: the synthesiser did not say what was drawn.
    """
    if rng.random() < SILENT:
        return draw_silence(rng)
    dry = draw_speech(rng, split)
    return replace(dry, samples=place(dry.samples, rng))


def draw_speech(rng: np.random.Generator, split: Split) -> Recording:
    """Someone of the split, in digital silence.

    Raises:
        Unspoken: the synthesiser did not say what was drawn.
    """
    language: Language = "en" if rng.random() < ENGLISH else "zh"
    words = draw_words(rng, language)
    voice = draw_voice(rng, split, language)
    spoken = _speak(rng, voice, words, language)
    lead, trail = (float(edge) for edge in rng.uniform(0.0, 0.7, 2) * (rng.random(2) < 0.85))
    nothing = Spoken(np.empty(0, np.float32), np.empty((0, 2)))
    whole = glue([nothing, spoken], [lead, trail])
    return Recording(whole.samples, Said(language, units(words, language), whole.spans))


def draw_silence(rng: np.random.Generator) -> Recording:
    """Noise, music or silence of 0.4 to 6 s."""
    length = int(rng.uniform(0.4, 6.0) * SAMPLE_RATE)
    kind = str(rng.choice(["silence", *GENERATORS]))
    sound = np.zeros(length, np.float32)
    if kind != "silence":
        sound = GENERATORS[kind](rng, length)
        sound = set_level(sound, float(rng.uniform(-60.0, -1.0)))
    return Recording(sound, Said(None, [], np.empty((0, 2)), kind == "music"))


def place(dry: Samples, rng: np.random.Generator) -> Samples:
    """Puts speech somewhere: a room, a noise, a line and a level."""
    loudness = rms(dry[np.abs(dry) > 1e-3])
    wet = reverberate(dry, rng) if rng.random() < 0.3 else dry
    if rng.random() < 0.75:
        noise = GENERATORS[str(rng.choice(list(GENERATORS)))](rng, wet.size)
        wet = wet + noise * (loudness * decibels_to_gain(-rng.uniform(3.0, 45.0)))
    if rng.random() < 0.25:
        wet = limit_band(wet, rng)
    return set_level(wet, float(rng.uniform(-36.0, 0.0)))


def _speak(rng: np.random.Generator, voice: Voice, words: list[str], language: Language) -> Spoken:
    """In one go, or the words one by one."""
    if len(words) > 1 and rng.random() < APART:
        shortest, longest = ((0.0, 0.1), (0.05, 0.5))[int(rng.integers(2))]
        gaps = [float(gap) for gap in rng.uniform(shortest, longest, len(words))]
        parts = [_connected(rng, voice, [word], language) for word in words]
        return glue(parts, [*gaps[:-1], 0.0])
    return _connected(rng, voice, words, language)


def _connected(
    rng: np.random.Generator, voice: Voice, words: list[str], language: Language
) -> Spoken:
    comma, space = ("，", "") if language == "zh" else (", ", " ")
    if language == "zh" and rng.random() < 0.5:
        space = " "
    commas = rng.random(len(words)) < rng.choice([0.0, 0.25])
    joints = []
    for word, breaks in zip(words, commas, strict=True):
        inside = 0 if language == "en" else len(word) - 1
        joints += [""] * inside + [comma if breaks else space]
    return say(voice, units(words, language), joints)
