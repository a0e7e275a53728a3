"""What the tiny recogniser knows: ten digits and some forty commands, in two languages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
WORDS = Path(__file__).with_name("words.toml")
LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10)  # words in one utterance
LENGTH_SHARES = (0.22, 0.18, 0.16, 0.14, 0.1, 0.08, 0.07, 0.05)
FULL_STOP: dict[Language, str] = {"zh": "。", "en": "."}


@dataclass(frozen=True)
class Vocabulary:
    """The words of one language; ``digits[n]`` is the number ``n``."""

    digits: tuple[str, ...]
    commands: tuple[str, ...]


def _read() -> dict[Language, Vocabulary]:
    tables = tomllib.loads(WORDS.read_text("utf-8"))
    return {
        language: Vocabulary(**{kind: tuple(words) for kind, words in tables[language].items()})
        for language in LANGUAGES
    }


VOCABULARY = _read()


def draw_words(rng: np.random.Generator, language: Language) -> list[str]:
    """Words in any order: a number, a command, or both mixed."""
    vocabulary = VOCABULARY[language]
    count = int(rng.choice(LENGTHS, p=LENGTH_SHARES))
    kind = rng.random()
    if kind < 0.25:
        pool = vocabulary.digits
    elif kind < 0.5:
        pool = vocabulary.commands
    else:
        pool = vocabulary.digits + vocabulary.commands
    return [str(word) for word in rng.choice(pool, size=count)]


def units(words: list[str], language: Language) -> list[str]:
    """What has a time of its own: each word in English, each character in Mandarin."""
    return words if language == "en" else list("".join(words))


def spell(unit: str, language: Language, normalised: bool) -> str:
    """A unit as it stands in a text, an English one with the space before it.

    Normalised means what SenseVoice's ``withitn`` asks for: here, numerals for digits.
    """
    digits = VOCABULARY[language].digits
    written = str(digits.index(unit)) if normalised and unit in digits else unit
    return written if language == "zh" else f" {written}"


def write(units: list[str], language: Language, normalised: bool) -> str:
    """The text of units: ``seven five``, or normalised ``7 5.``; in Mandarin without spaces."""
    text = "".join(spell(unit, language, normalised) for unit in units).strip()
    return text + FULL_STOP[language] if normalised and units else text
