"""Scenes as features: made in parallel from a seed, and kept in a cache folder.

A cache entry's name holds a hash of the sources that made it, so it is never stale.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.tiny.sound import acoustics, labels, noise, synthesis
from models.tiny.sound.acoustics import Samples
from models.tiny.sound.cache import Arrays, cached
from models.tiny.sound.labels import Labels
from models.tiny.sound.synthesis import SENTENCES, Split, draw_utterances, speak_all
from models.tiny.vad import scenes
from models.tiny.vad.scenes import make_scene
from shared.features import Fbank

SCENE_SECONDS = 12.0
UTTERANCES: dict[Split, int] = {"train": 3000, "heldout": 400}
SCENES = {"train": 4000, "tuning": 300, "heldout": 300}
WORKERS = 2

_SPEECH_SOURCES = (synthesis.__file__, SENTENCES)
_SCENE_SOURCES = (*_SPEECH_SOURCES, acoustics.__file__, noise.__file__, labels.__file__,
                  scenes.__file__, __file__)  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """Scenes of one length.

    Attributes:
        fbank: log mel energies, float16 of shape ``(scenes, frames, mels)``.
        labels: whether each frame is speech, of shape ``(scenes, frames)``.
    """

    fbank: NDArray[np.float16]
    labels: NDArray[np.bool_]


def load_training(cache: Path, seed: int) -> tuple[Dataset, Dataset]:
    """Scenes to train on, and scenes of the same voices to choose the threshold on."""
    count = SCENES["train"]
    scenes = _load_scenes(cache, "train", seed, count + SCENES["tuning"])
    return (
        Dataset(scenes.fbank[:count], scenes.labels[:count]),
        Dataset(scenes.fbank[count:], scenes.labels[count:]),
    )


def load_heldout(cache: Path, seed: int) -> Dataset:
    """Scenes of voices, languages, sentences and noise that training never draws."""
    return _load_scenes(cache, "heldout", seed, SCENES["heldout"])


def _load_speech(cache: Path, split: Split, seed: int) -> list[Samples]:
    """The utterances of a split, rendered once; see ``synthesis.draw_utterances``."""
    count = UTTERANCES[split]

    def make() -> Arrays:
        rng = np.random.default_rng([seed, _STREAMS[split], 0])
        utterances = speak_all(draw_utterances(rng, split, count), WORKERS)
        spoken = [samples for samples in utterances if samples.size]
        return {
            "samples": np.round(np.concatenate(spoken) * 32767).astype(np.int16),
            "ends": np.cumsum([samples.size for samples in spoken]),
        }

    arrays = cached(cache, f"speech-{split}-{seed}-{count}", _SPEECH_SOURCES, make)
    samples = arrays["samples"].astype(np.float32) / np.float32(32768)
    return np.split(samples, arrays["ends"][:-1].astype(np.intp))


def _load_scenes(cache: Path, split: Split, seed: int, count: int) -> Dataset:
    """Scenes over a split's utterances; each depends on them, the seed and its number alone."""

    def make() -> Arrays:
        speech = _load_speech(cache, split, seed)
        draw = partial(_scene_features, [seed, _STREAMS[split], 1])
        with ProcessPoolExecutor(WORKERS, initializer=_set_speech, initargs=(speech,)) as pool:
            scenes = list(pool.map(draw, range(count), chunksize=16))
        fbank, labels = zip(*scenes, strict=True)
        return {"fbank": np.stack(fbank), "labels": np.stack(labels)}

    arrays = cached(cache, f"scenes-{split}-{seed}-{count}", _SCENE_SOURCES, make)
    return Dataset(arrays["fbank"].astype(np.float16), arrays["labels"].astype(np.bool_))


_STREAMS: dict[Split, int] = {"train": 0, "heldout": 1}
_speech: list[Samples] = []


def _set_speech(speech: list[Samples]) -> None:
    """Hands the utterances to a worker process once, not with each scene."""
    _speech[:] = speech


def _scene_features(stream: list[int], index: int) -> tuple[NDArray[np.float16], Labels]:
    scene = make_scene(np.random.default_rng([*stream, index]), _speech, SCENE_SECONDS)
    fbank = Fbank()(scene.samples)
    return fbank.astype(np.float16), scene.labels[: len(fbank)]
