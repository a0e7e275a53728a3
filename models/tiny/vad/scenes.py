"""Scenes: speech between pauses, in a room, in noise, at some level - and exactly where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.tiny.sound.acoustics import (
    Samples,
    decibels_to_gain,
    limit_band,
    reverberate,
    rms,
    set_level,
    unit,
)
from models.tiny.sound.labels import FRAME, Labels, label_speech
from models.tiny.sound.noise import GENERATORS, hubbub
from shared.audio import SAMPLE_RATE

STEADY = ("coloured", "hum", "fan", "rain", "wind")


@dataclass(frozen=True)
class Scene:
    """Audio and its truth."""

    samples: Samples
    labels: Labels


def background(
    rng: np.random.Generator, speech: Sequence[Samples], length: int, level: float
) -> Samples:
    """A steady noise, often with sounds on top; now and then next to nothing, or digital zero.

    Args:
        rng: decides everything.
        speech: the utterances that hubbub is made of.
        length: in samples.
        level: the speech's RMS.
    """
    total = np.zeros(length, np.float32)
    if rng.random() < 0.1:
        return total
    steady = GENERATORS[str(rng.choice(STEADY))](rng, length)
    total += steady * level * decibels_to_gain(-rng.uniform(0.0, 45.0))
    if rng.random() < 0.6:
        name = str(rng.choice([*GENERATORS, "hubbub"]))
        sound = hubbub(rng, length, speech) if name == "hubbub" else GENERATORS[name](rng, length)
        loudest = 12.0 if name == "hubbub" else 3.0
        total += sound * level * decibels_to_gain(-rng.uniform(loudest, 35.0))
    return total


Background = Callable[[np.random.Generator, Sequence[Samples], int, float], Samples]


def make_scene(
    rng: np.random.Generator,
    speech: Sequence[Samples],
    seconds: float,
    background: Background = background,
) -> Scene:
    """Draws a scene.

    Args:
        rng: decides everything.
        speech: the utterances to choose from.
        seconds: the scene's length.
        background: draws what is heard beside the speech.
    """
    length = int(seconds * SAMPLE_RATE)
    silent = rng.random() < 0.12
    dry, labels = (
        (np.zeros(length, np.float32), np.zeros(length // FRAME, np.bool_))
        if silent
        else _talk(rng, speech, length)
    )
    wet = reverberate(dry, rng) if rng.random() < 0.5 else dry
    mixed = wet + background(rng, speech, length, 1.0 if silent else rms(dry[dry != 0]))
    if rng.random() < 0.3:
        mixed = limit_band(mixed, rng)
    return Scene(set_level(mixed, float(rng.uniform(-45.0, 3.0))), labels)


def _talk(
    rng: np.random.Generator, speech: Sequence[Samples], length: int
) -> tuple[Samples, Labels]:
    """Utterances between pauses of 60 ms to 4 s, each at its own level over 12 dB."""
    dry, labels = np.zeros(length, np.float32), np.zeros(length // FRAME, np.bool_)
    longest = float(rng.uniform(0.3, 4.0))
    at = int(rng.uniform(0.0, longest) * 100)
    while at < labels.size:
        utterance = unit(_stress(rng, speech[int(rng.integers(len(speech)))]))
        truth = label_speech(utterance)[: labels.size - at]
        part = utterance[: truth.size * FRAME] * decibels_to_gain(rng.uniform(-6.0, 6.0))
        dry[at * FRAME : at * FRAME + part.size] = part
        labels[at : at + truth.size] = truth
        at += truth.size + int(100 * np.exp(rng.uniform(np.log(0.06), np.log(longest))))
    return dry, labels


def _stress(rng: np.random.Generator, utterance: Samples) -> Samples:
    """Emphasises some syllables: synthesisers speak more evenly than people do."""
    points = max(2, utterance.size // (SAMPLE_RATE // 4))
    levels = np.interp(np.linspace(0, points - 1, utterance.size), np.arange(points),
                       rng.normal(0.0, 3.0, points))  # fmt: skip
    return (utterance * 10 ** (levels / 20)).astype(np.float32)
