"""Scenes: speech between pauses, in a room, in noise, at some level - and exactly where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.tiny.vad.acoustics import (
    Samples,
    decibels_to_gain,
    limit_band,
    reverberate,
    rms,
    set_level,
    unit,
)
from models.tiny.vad.noise import GENERATORS, hubbub
from shared.audio import SAMPLE_RATE

Labels = NDArray[np.bool_]
"""Whether each 10 ms frame is speech, of shape ``(frames,)``; frame ``t`` begins at 10 ``t`` ms."""

FRAME = SAMPLE_RATE // 100
QUIETEST_DB = -38.0  # below an utterance's loud frames: fainter frames are its pauses
SHORTEST_PAUSE = 10  # frames; stop consonants and breaks below 100 ms belong to the speech
HANGOVER = 2  # frames
STEADY = ("coloured", "hum", "fan", "rain", "wind")


@dataclass(frozen=True)
class Scene:
    """Audio and its truth."""

    samples: Samples
    labels: Labels


def label_speech(dry: Samples) -> Labels:
    """Finds the speech in one dry utterance by energy, which is exact where there is no noise.

    A frame is speech if it is within ``QUIETEST_DB`` of the utterance's loud frames, follows such a
    frame by at most ``HANGOVER``, or lies in a pause shorter than ``SHORTEST_PAUSE``.
    """
    frames = dry[: dry.size // FRAME * FRAME].reshape(-1, FRAME)
    if not len(frames):
        return np.zeros(0, dtype=np.bool_)
    energies = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loud = float(np.quantile(energies, 0.95))
    sounding = energies > max(loud * 10 ** (QUIETEST_DB / 10), 1e-10)
    joined: Labels = ndimage.binary_closing(sounding, np.ones(SHORTEST_PAUSE))
    held = np.convolve(joined, np.ones(HANGOVER + 1))[: joined.size] > 0
    speech: Labels = sounding | held  # closing erodes at the edges
    return speech


def make_scene(rng: np.random.Generator, speech: Sequence[Samples], seconds: float) -> Scene:
    """Draws a scene.

    Args:
        rng: decides everything.
        speech: the utterances to choose from.
        seconds: the scene's length.
    """
    length = int(seconds * SAMPLE_RATE)
    silent = rng.random() < 0.12
    dry, labels = (
        (np.zeros(length, np.float32), np.zeros(length // FRAME, np.bool_))
        if silent
        else _talk(rng, speech, length)
    )
    wet = reverberate(dry, rng) if rng.random() < 0.5 else dry
    mixed = wet + _background(rng, speech, dry, silent=silent)
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


def _background(
    rng: np.random.Generator, speech: Sequence[Samples], dry: Samples, *, silent: bool
) -> Samples:
    """A steady noise, often with sounds on top; now and then next to nothing, or digital zero."""
    total = np.zeros(dry.size, np.float32)
    level = 1.0 if silent else rms(dry[dry != 0])
    if rng.random() < 0.1:
        return total
    steady = GENERATORS[str(rng.choice(STEADY))](rng, dry.size)
    total += steady * level * decibels_to_gain(-rng.uniform(0.0, 45.0))
    if rng.random() < 0.6:
        name = str(rng.choice([*GENERATORS, "hubbub"]))
        sound = (
            hubbub(rng, dry.size, speech) if name == "hubbub" else GENERATORS[name](rng, dry.size)
        )
        loudest = 12.0 if name == "hubbub" else 3.0
        total += sound * level * decibels_to_gain(-rng.uniform(loudest, 35.0))
    return total
