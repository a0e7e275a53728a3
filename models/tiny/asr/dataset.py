"""Training recordings as features, with what is said in them: made from a seed, and cached."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.tiny.asr import spoken, utterances, words
from models.tiny.asr.spoken import Unspoken
from models.tiny.asr.utterances import Said, draw_recording
from models.tiny.asr.words import LANGUAGES
from models.tiny.sound import acoustics, espeak, labels, noise, synthesis
from models.tiny.sound.cache import Arrays, cached
from shared.features import Fbank

PARTS = 5
RECORDINGS = 4000  # in each part, which is made and cached by itself
WORKERS = 2
AT_ONCE = 50  # recordings made by one process, which is then replaced: see ``Espeak.speak``
FBANK = Fbank()

_SOURCES = (acoustics.__file__, espeak.__file__, labels.__file__, noise.__file__,
            synthesis.__file__, spoken.__file__, utterances.__file__, words.__file__, words.WORDS,
            __file__)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """Log mel energies, float16 of shape ``(frames, mels)``, and what is said in them."""

    fbank: NDArray[np.float16]
    said: Said


def load(cache: Path, seed: int, part: int) -> list[Example]:
    """A part of the recordings; each depends on the seed, the part and its number."""

    def make() -> Arrays:
        draw = partial(_record, [seed, 0, part])
        context = multiprocessing.get_context("fork")
        with context.Pool(WORKERS, maxtasksperchild=1) as pool:
            made = pool.map(draw, range(RECORDINGS), chunksize=AT_ONCE)
        return _pack([example for example in made if example is not None])

    return _unpack(cached(cache, f"asr-{seed}-{part}", _SOURCES, make))


def _record(stream: list[int], number: int) -> Example | None:
    try:
        recording = draw_recording(np.random.default_rng([*stream, number]), "train")
    except Unspoken:
        return None
    return Example(FBANK(recording.samples).astype(np.float16), recording.said)


def _pack(examples: list[Example]) -> Arrays:
    said = [example.said for example in examples]
    return {
        "fbank": np.concatenate([example.fbank for example in examples]),
        "frames": np.array([len(example.fbank) for example in examples]),
        "language": np.array([one.language or "" for one in said]),
        "units": np.array([unit for one in said for unit in one.units]),
        "spans": np.concatenate([one.spans for one in said]),
        "counts": np.array([len(one.units) for one in said]),
        "music": np.array([one.music for one in said]),
    }


def _unpack(arrays: Arrays) -> list[Example]:
    frames = np.cumsum(arrays["frames"])[:-1]
    counts = np.cumsum(arrays["counts"])[:-1]
    rows = zip(
        np.split(arrays["fbank"].astype(np.float16, copy=False), frames),
        arrays["language"],
        np.split(arrays["units"], counts),
        np.split(arrays["spans"].astype(np.float64), counts),
        arrays["music"],
        strict=True,
    )
    return [
        Example(
            fbank,
            Said(
                next((code for code in LANGUAGES if code == language), None),
                [str(unit) for unit in units],
                spans,
                bool(music),
            ),
        )
        for fbank, language, units, spans, music in rows
    ]
