"""Recordings of many speakers as features: made in parallel from a seed, kept in a cache folder.

Each speaker is recorded a few times, each time at another place: room, noise, line and level are
drawn per recording, so that they say nothing about who speaks.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError

import numpy as np
from numpy.typing import NDArray

from models.tiny.sound import acoustics, noise, synthesis
from models.tiny.sound.acoustics import (
    Samples,
    decibels_to_gain,
    limit_band,
    reverberate,
    set_level,
    unit,
)
from models.tiny.sound.cache import Arrays, cached
from models.tiny.sound.noise import GENERATORS
from models.tiny.sound.synthesis import Split, speak
from models.tiny.speaker import voices
from models.tiny.speaker.voices import Speaker, draw_speakers, draw_text
from shared.audio import SAMPLE_RATE
from shared.features import Array, Fbank

RECORDINGS: dict[Split, int] = {"train": 6, "heldout": 6}
TUNING_EVERY = 20  # of the training voices, one in so many is kept to choose the weights by
SHORTEST = 200  # frames of a recording worth keeping
WORKERS = 2
STEADY = ("coloured", "coloured", "hum", "fan", "rain", "wind")
FBANK = Fbank(window="povey", full_scale=1.0)

_SOURCES = (acoustics.__file__, noise.__file__, synthesis.__file__, synthesis.SENTENCES,
            voices.__file__, voices.SENTENCES, __file__)  # fmt: skip
_STREAMS: dict[Split, int] = {"train": 0, "heldout": 1}


@dataclass(frozen=True)
class Dataset:
    """Recordings one after the other.

    Attributes:
        fbank: log mel energies, float16 of shape ``(frames, mels)``.
        bounds: first frame of each recording, and the end of the last.
        speakers: number of each recording's speaker.
        names: each recording's synthesiser's voice, which several speakers share.
    """

    fbank: NDArray[np.float16]
    bounds: NDArray[np.intp]
    speakers: NDArray[np.intp]
    names: NDArray[np.str_]

    def crops(self, rng: np.random.Generator, recordings: NDArray[np.intp], frames: int) -> Array:
        """A stretch of each of those recordings, of shape ``(recordings, frames, mels)``."""
        last = self.bounds[recordings + 1] - frames
        starts = rng.integers(self.bounds[recordings], last, endpoint=True)
        crops: Array = self.fbank[starts[:, None] + np.arange(frames)].astype(np.float32)
        return crops


def load(cache: Path, split: Split, seed: int) -> Dataset:
    """All recordings of a split; each depends on the seed and its number alone."""

    def make() -> Arrays:
        rng = np.random.default_rng([seed, _STREAMS[split], 0])
        speakers = draw_speakers(rng, split)
        jobs = [index for index in range(len(speakers)) for _ in range(RECORDINGS[split])]
        draw = partial(_features, speakers, [seed, _STREAMS[split], 1], split)
        with ProcessPoolExecutor(WORKERS) as pool:
            parts = list(pool.map(draw, range(len(jobs)), jobs, chunksize=16))
        kept = [index for index, part in enumerate(parts) if len(part) >= SHORTEST]
        return {
            "fbank": np.concatenate([parts[index] for index in kept]),
            "bounds": np.cumsum([0, *(len(parts[index]) for index in kept)]),
            "speakers": np.array([jobs[index] for index in kept]),
            "names": np.array([speakers[jobs[index]].voice.name for index in kept]),
        }

    arrays = cached(cache, f"speakers-{split}-{seed}", _SOURCES, make)
    return Dataset(
        arrays["fbank"].astype(np.float16, copy=False),
        arrays["bounds"].astype(np.intp),
        arrays["speakers"].astype(np.intp),
        arrays["names"].astype(np.str_),
    )


def place(dry: Samples, rng: np.random.Generator) -> Samples:
    """Puts an utterance somewhere: a room, a steady noise, a line and a level."""
    wet = unit(reverberate(dry, rng) if rng.random() < 0.35 else dry)
    if rng.random() < 0.85:
        steady = GENERATORS[str(rng.choice(STEADY))](rng, wet.size)
        wet = wet + steady * decibels_to_gain(-rng.uniform(8.0, 45.0))
    if rng.random() < 0.15:
        wet = limit_band(wet, rng)
    return set_level(wet, float(rng.uniform(-24.0, -1.0)))


def _features(
    speakers: list[Speaker], stream: list[int], split: Split, number: int, index: int
) -> NDArray[np.float16]:
    rng = np.random.default_rng([*stream, number])
    speaker = speakers[index]
    language = str(rng.choice(speaker.languages, p=_shares(speaker)))
    try:
        spoken = speak(speaker.say(rng, draw_text(rng, split, language), language))
    except (CalledProcessError, ValueError):  # a voice that cannot say this
        return np.empty((0, FBANK.mels), np.float16)
    if spoken.size < SAMPLE_RATE:
        return np.empty((0, FBANK.mels), np.float16)
    return FBANK(place(spoken, rng)).astype(np.float16)


def _shares(speaker: Speaker) -> tuple[float, ...]:
    return (0.7, 0.3) if len(speaker.languages) == 2 else (1.0,)
