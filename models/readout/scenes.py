"""Scenes of recorded voices beside recorded and made-up noise, with exact labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
from scipy import signal

from models.readout import prompts
from models.readout.noise import Noise
from models.tiny.sound.acoustics import Samples
from models.tiny.sound.synthesis import Split
from models.tiny.vad.scenes import Scene, make_scene
from shared.audio import SAMPLE_RATE

SECONDS = 12.0
PROMPTS = 12  # of each voice of a scene
COMPRESSED = 0.5  # of the scenes


def scenes(folder: Path, split: Split, count: int, seed: int) -> Iterator[Scene]:
    """Scenes of a split's voices; each depends on the seed and its number alone.

    Args:
        folder: where the packages are; see ``prompts.fetch``.
        split: whose voices, music and sounds.
        count: how many.
        seed: decides everything.
    """
    voices = prompts.voices(folder, split)
    noise = Noise(prompts.music(folder, split), prompts.sounds(folder, split))
    for number in range(count):
        rng = np.random.default_rng([seed, split == "heldout", number])
        scene = make_scene(rng, _speech(rng, voices), SECONDS, noise)
        if rng.random() < COMPRESSED:
            scene = Scene(compressed(scene.samples, rng.uniform(0.2, 0.6)), scene.labels)
        yield scene


def compressed(samples: Samples, strength: float) -> Samples:
    """As after an automatic gain control: what is quiet is lifted, and loud 0.05 s are not.

    Args:
        samples: a recording.
        strength: 0 for none; at 1 all would be equally loud.
    """
    power = np.maximum(signal.oaconvolve(samples**2, np.full(800, 1 / 800), "same"), 0)
    level = np.sqrt(power / max(float(power.max()), 1e-12)) + 1e-4
    lifted: Samples = (samples * level**-strength).astype(np.float32)
    return lifted


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
