"""Who speaks: synthetic identities, and texts that tell nothing about them.

An identity is a synthesiser's voice at a pitch and a length of the vocal tract. How fast it speaks,
in which of its languages and what, varies within it.
"""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from models.tiny.sound.synthesis import FLITE, VARIANTS, Split, Utterance, Voice, sentences

SENTENCES = Path(__file__).with_name("sentences.toml")
MORE_VARIANTS = (
    *("Andy", "caleb", "Denis", "Diogo", "edward2", "Gene2", "gustave", "iven2", "iven3", "iven4"),
    *("kaukovalta", "marcelo", "Marco", "michel", "miguel", "norbert", "pedro", "RicishayMax"),
    *("RicishayMax2", "RicishayMax3", "robosoft2", "robosoft5", "robosoft7", "sandro", "Storm"),
    *("travis", "zac"),
)
"""Variants of espeak-ng that only speakers are made of, for training."""

PITCHES = {"train": (8, 38, 64, 92), "heldout": (25, 50, 75)}
SCALES = {"train": (0.87, 1.0, 1.15), "heldout": (0.93, 1.0, 1.08)}
FLITE_SCALES = {"train": np.linspace(0.8, 1.24, 12), "heldout": np.linspace(0.86, 1.16, 4)}
MAIN_LANGUAGES = ("en-us", "cmn")
OWN_NAMES = {"en-gb": "en"}
"""Languages that take variants by another name only: ``en-gb+VARIANT`` is the plain voice."""
WORDS = (8, 26)  # in one utterance


@dataclass(frozen=True)
class Speaker:
    """A synthetic person.

    Attributes:
        voice: engine, name (espeak-ng: the variant alone), pitch and scale.
        languages: espeak-ng's codes of what the person speaks.
    """

    voice: Voice
    languages: tuple[str, ...]

    def say(self, rng: np.random.Generator, text: str, language: str) -> Utterance:
        """The text, in a language and at a rate of the moment."""
        voice = replace(self.voice, words_per_minute=int(rng.integers(130, 215)))
        if voice.engine == "espeak":
            spoken = OWN_NAMES.get(language, language)
            voice = replace(voice, name=f"{spoken}+{voice.name}")
        return Utterance(text, voice)


def draw_speakers(rng: np.random.Generator, split: Split) -> list[Speaker]:
    """All identities of a split; no synthesiser's voice of one split is in the other.

    The grid of pitches and scales is the identities'; each stands a little beside its point.
    """
    variants = VARIANTS[split] + (MORE_VARIANTS if split == "train" else ())
    others = [code for code in texts(split) if code not in MAIN_LANGUAGES]
    speakers = []
    for name, pitch, scale in itertools.product(variants, PITCHES[split], SCALES[split]):
        near = Voice("espeak", name, 170, int(pitch + rng.integers(-7, 8)),
                     float(np.round(scale + rng.uniform(-0.03, 0.03), 3)))  # fmt: skip
        main = str(rng.choice(MAIN_LANGUAGES))
        speakers.append(Speaker(near, (main, str(rng.choice(others)) if others else main)))
    for name, scale in itertools.product(FLITE[split], FLITE_SCALES[split]):
        speakers.append(Speaker(Voice("flite", name, scale=float(np.round(scale, 3))), ("en-us",)))
    return speakers


@cache
def texts(split: Split) -> dict[str, list[str]]:
    """What is said, by language: sentences of this folder, and of those all models share."""
    own: dict[str, list[str]] = tomllib.loads(SENTENCES.read_text("utf-8"))[split]
    shared = sentences(split) if split == "train" else {}
    codes = ("en-us", "cmn", "en-gb", "de", "fr", "es", "it", "pt", "ru", "tr", "pl", "hi")
    return {
        code: own.get(code, []) + shared.get(code, [])
        for code in codes
        if code in own or code in shared
    }


def draw_text(rng: np.random.Generator, split: Split, language: str) -> str:
    """Sentences as they are, or (in training) their words in disorder: so nobody owns a phrase."""
    sayings = texts(split)[language]
    if split == "heldout" or rng.random() < 0.4:
        chosen = rng.choice(sayings, size=min(len(sayings), int(rng.integers(1, 4))), replace=False)
        return " ".join(map(str, chosen))
    apart = "" if language == "cmn" else " "
    pool = [
        word for saying in sayings for word in (saying if language == "cmn" else saying.split())
    ]
    return apart.join(map(str, rng.choice(pool, size=int(rng.integers(*WORDS)))))
