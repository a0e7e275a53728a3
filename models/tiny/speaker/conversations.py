"""Conversations of synthetic voices, and the exact truth of who speaks when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.tiny.sound.acoustics import (
    Samples,
    decibels_to_gain,
    reverberate,
    set_level,
    unit,
)
from models.tiny.sound.labels import FRAME, label_speech
from models.tiny.sound.noise import GENERATORS
from models.tiny.sound.synthesis import Split, speak
from models.tiny.speaker.voices import MAIN_LANGUAGES, Speaker, draw_speakers, texts
from shared.audio import SAMPLE_RATE

SENTENCES_AT_ONCE = (0.5, 0.35, 0.15)  # how often a turn is one, two or three sentences
GOES_ON = 0.12  # how often who spoke last speaks again
PAUSES = (0.15, 1.6)  # seconds between turns; the short ones are the common ones
NOISES = ("coloured", "fan", "hum")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: where it is, in seconds, and who speaks, numbered by first appearance from 0.

    It spans the breaks between its sentences.
    """

    start: float
    end: float
    speaker: int


def make_conversation(
    rng: np.random.Generator, voices: int, split: Split, seconds: float = 60.0
) -> tuple[Samples, list[Turn]]:
    """Compose a conversation in English or Mandarin, without overlap, in light noise.

    Each person has a synthesiser's voice of his own, is at a level of his own, and speaks at least
    once, the first ones in turn. Needs espeak-ng and flite.

    Args:
        rng: decides everything.
        voices: number of people, 1 to 10.
        split: "heldout" for voices, variants and sentences that training never meets.
        seconds: it ends with the first turn after so much time (and after everyone has spoken).

    Returns:
        Mono audio at 16 kHz in [-1, 1], and its turns in order.
    """
    language = str(rng.choice(MAIN_LANGUAGES))
    people = draw_people(rng, voices, split, language)
    levels = rng.uniform(-3.0, 3.0, voices)
    parts: list[Samples] = []
    turns: list[Turn] = []
    at = 0
    while at < seconds * SAMPLE_RATE or len({turn.speaker for turn in turns}) < voices:
        who = _next_speaker(rng, voices, [turn.speaker for turn in turns])
        spoken = _say(rng, people[who], split, language)
        begin = at + int(_pause(rng) * SAMPLE_RATE)
        (sounding,) = np.nonzero(label_speech(spoken))
        first, last = (begin + int(frame) * FRAME for frame in (sounding[0], sounding[-1] + 1))
        turns.append(Turn(first / SAMPLE_RATE, last / SAMPLE_RATE, who))
        parts += [np.zeros(begin - at, np.float32), spoken * decibels_to_gain(levels[who])]
        at = begin + spoken.size
    quiet = np.zeros(SAMPLE_RATE // 2, np.float32)
    return _record(rng, np.concatenate([*parts, quiet]).astype(np.float32)), turns


def draw_people(rng: np.random.Generator, count: int, split: Split, language: str) -> list[Speaker]:
    """That many speakers of a language, no two with one synthesiser's voice.

    Raises:
        ValueError: the split has not that many.
    """
    able = [person for person in draw_speakers(rng, split)
            if person.voice.engine == "espeak" or language in person.languages]  # fmt: skip
    names = sorted({person.voice.name for person in able})
    if count > len(names):
        raise ValueError(f"there are {len(names)} {split} voices that speak {language}")
    chosen = rng.choice(names, size=count, replace=False)
    by_name = [[person for person in able if person.voice.name == name] for name in chosen]
    return [group[int(rng.integers(len(group)))] for group in by_name]


def _next_speaker(rng: np.random.Generator, voices: int, spoken: list[int]) -> int:
    heard = len(set(spoken))
    if heard < voices:
        return heard
    if voices == 1 or rng.random() < GOES_ON:
        return spoken[-1]
    return int(rng.choice([who for who in range(voices) if who != spoken[-1]]))


def _say(rng: np.random.Generator, person: Speaker, split: Split, language: str) -> Samples:
    count = 1 + int(rng.choice(3, p=SENTENCES_AT_ONCE))
    text = " ".join(map(str, rng.choice(texts(split)[language], size=count, replace=False)))
    return unit(speak(person.say(rng, text, language)))


def _pause(rng: np.random.Generator) -> float:
    shortest, longest = np.log(PAUSES)
    return float(np.exp(rng.uniform(shortest, longest)))


def _record(rng: np.random.Generator, dry: Samples) -> Samples:
    wet = reverberate(dry, rng) if rng.random() < 0.3 else dry
    noise = GENERATORS[str(rng.choice(NOISES))](rng, wet.size)
    mixed = wet + noise * decibels_to_gain(-rng.uniform(22.0, 50.0))
    return set_level(mixed.astype(np.float32), float(rng.uniform(-20.0, -2.0)))
