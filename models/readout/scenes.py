"""Scenes of recorded voices as the network hears them: its posteriors, and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr

from models.readout import prompts
from models.readout.noise import Noise
from models.tiny.sound.acoustics import Samples
from models.tiny.sound.labels import Labels
from models.tiny.sound.synthesis import Split
from models.tiny.vad.scenes import make_scene
from shared.audio import SAMPLE_RATE
from shared.features import Array
from shared.nets.vad import FsmnVad

SECONDS = 12.0
PROMPTS = 12  # of each voice of a scene


class Heard(NamedTuple):
    """A scene: probabilities of shape (frames, outputs), and whether each frame is speech."""

    posteriors: Array
    labels: Labels


def hear(vad: FsmnVad, folder: Path, split: Split, count: int, seed: int) -> Iterator[Heard]:
    """Scenes of a split's voices; each depends on the seed and its number alone.

    Args:
        vad: the network.
        folder: where the packages are; see ``prompts.fetch``.
        split: whose voices and music.
        count: how many.
        seed: decides everything.
    """
    voices = prompts.voices(folder, split)
    noise = Noise(prompts.music(folder, split))
    for number in range(count):
        rng = np.random.default_rng([seed, split == "heldout", number])
        scene = make_scene(rng, _speech(rng, voices), SECONDS, noise)
        posteriors = np.concatenate(list(vad.posteriors([scene.samples])))
        yield Heard(posteriors, scene.labels[: len(posteriors)])


def _speech(rng: np.random.Generator, voices: dict[str, list[Samples]]) -> list[Samples]:
    """Prompts of one voice or two, each with its vocal tract made shorter or longer."""
    chosen = rng.choice(list(voices), rng.integers(1, 3), replace=False, p=prompts.shares(voices))
    spoken = []
    for name in chosen:
        scale = rng.uniform(0.86, 1.16)
        said = voices[str(name)]
        for place in rng.permutation(len(said))[:PROMPTS]:
            spoken.append(soxr.resample(said[place], SAMPLE_RATE * scale, SAMPLE_RATE))
    return spoken
