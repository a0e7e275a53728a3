"""Batches to train on: recordings put one after the other, and each time disturbed anew.

All of it happens on log mel energies, where that is quick: another noise adds energy (a
``logaddexp``), another vocal tract moves the mels, another rate the frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.tiny.asr.dataset import Example
from models.tiny.asr.network import LFR_M, LFR_N
from models.tiny.asr.targets import Target, make_target
from models.tiny.asr.utterances import Said
from shared.features import Array

FRAMES_IN_BATCH = 1000  # of 60 ms, with the padding
LONGEST = 20.0  # seconds
JOINED = 0.25  # share of items that are several recordings
MELS = 80
IGNORED = -1
LANGUAGE_ROWS = {"zh": 3, "en": 4, None: 13}  # of the network's embedding
NORM_ROWS = {True: 14, False: 15}
LANGUAGE_TOLD = 0.3
PLANNED = 512  # items that are sorted by length at a time


@dataclass(frozen=True)
class Disturbance:
    """How far the recordings are moved away from what they are.

    Attributes:
        noise: share that get another noise.
        loudest: level of the loudest noise, as the logarithm of its energy over that of the speech.
        colour: standard deviation of the line's gain over the mels, as a logarithm of energy.
        warp: largest change of the vocal tract's length.
    """

    noise: float
    loudest: float
    colour: float
    warp: float


@dataclass(frozen=True)
class Batch:
    """Items with padding.

    Attributes:
        features: stacked, not normalised; shape ``(items, frames, 560)``.
        lengths: frames of each item.
        languages: rows of the network's embedding, 0 where the language is not told.
        norms: rows of the network's embedding.
        tags: shape ``(items, 4)``.
        pieces: of all items, one after the other.
        counts: pieces of each item.
        labels: shape ``(items, frames)``; ``IGNORED`` in the padding.
    """

    features: Tensor
    lengths: Tensor
    languages: Tensor
    norms: Tensor
    tags: Tensor
    pieces: Tensor
    counts: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Item:
    """Features of one item, its target, and what the network is told about it."""

    features: Array
    target: Target
    language: int
    norm: int


def batches(
    examples: Sequence[Example],
    model: sentencepiece.SentencePieceProcessor,
    disturbance: Disturbance,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """Without end."""
    groups = {
        language: [i for i, example in enumerate(examples) if example.said.language == language]
        for language in (None, "zh", "en")
    }
    order: list[int] = []
    while True:
        plans: list[list[int]] = []
        while len(plans) < PLANNED:
            order = order or rng.permutation(len(examples)).tolist()
            plans.append(_plan(examples, groups, order.pop(), rng))
        plans.sort(key=lambda plan: sum(len(examples[i].fbank) for i in plan))
        cut = list(_cut(examples, plans))
        for number in rng.permutation(len(cut)):
            yield collate(
                [
                    make_item([examples[i] for i in plan], model, disturbance, rng)
                    for plan in cut[number]
                ]
            )


def _plan(
    examples: Sequence[Example],
    groups: dict[str | None, list[int]],
    first: int,
    rng: np.random.Generator,
) -> list[int]:
    """One recording, or several of its language up to some length."""
    plan = [first]
    if rng.random() < JOINED:
        left = rng.uniform(2.0, LONGEST) * 100 - len(examples[first].fbank)
        group = groups[examples[first].said.language]
        while True:
            drawn = group[int(rng.integers(len(group)))]
            left -= len(examples[drawn].fbank)
            if left < 0:
                break
            plan.append(drawn)
    return plan


def _cut(examples: Sequence[Example], plans: list[list[int]]) -> Iterator[list[list[int]]]:
    """Neighbours as long as they fit into one batch."""
    batch: list[list[int]] = []
    for plan in plans:
        frames = sum(len(examples[i].fbank) for i in plan) / LFR_N
        if batch and frames * (len(batch) + 1) > FRAMES_IN_BATCH:
            yield batch
            batch = []
        batch.append(plan)
    yield batch


def make_item(
    parts: Sequence[Example],
    model: sentencepiece.SentencePieceProcessor,
    disturbance: Disturbance,
    rng: np.random.Generator,
) -> Item:
    """One item of recordings of one language, disturbed."""
    fbank = np.concatenate([part.fbank for part in parts]).astype(np.float32)
    said = _join(parts)
    fbank, spans = stretch(fbank, said.spans, disturbance.warp, rng)
    fbank, said = disturb(fbank, disturbance, rng), replace(said, spans=spans)
    normalised, told = rng.random() < 0.5, rng.random() < LANGUAGE_TOLD
    features = stack(fbank)
    target = make_target(model, said, len(features), normalised)
    return Item(features, target, LANGUAGE_ROWS[said.language] * told, NORM_ROWS[normalised])


def _join(parts: Sequence[Example]) -> Said:
    starts = np.cumsum([0.0, *(len(part.fbank) / 100 for part in parts[:-1])])
    return Said(
        parts[0].said.language,
        [unit for part in parts for unit in part.said.units],
        np.concatenate([part.said.spans + at for part, at in zip(parts, starts, strict=True)]),
        all(part.said.music for part in parts),
    )


def collate(items: Sequence[Item]) -> Batch:
    """Pads items to the longest."""
    longest = max(len(item.features) for item in items)
    features = np.zeros((len(items), longest, MELS * LFR_M), np.float32)
    labels = np.full((len(items), longest), IGNORED)
    for row, item in enumerate(items):
        features[row, : len(item.features)] = item.features
        labels[row, : len(item.features)] = item.target.frames
    return Batch(
        torch.from_numpy(features),
        torch.tensor([len(item.features) for item in items]),
        torch.tensor([item.language for item in items]),
        torch.tensor([item.norm for item in items]),
        torch.from_numpy(np.stack([item.target.tags for item in items])),
        torch.from_numpy(np.concatenate([item.target.pieces for item in items])),
        torch.tensor([len(item.target.pieces) for item in items]),
        torch.from_numpy(labels),
    )


def stack(fbank: Array) -> Array:
    """Low frame rate: ``LFR_M`` neighbouring frames, every ``LFR_N``-th; the edges are repeated."""
    centres = np.arange(0, len(fbank), LFR_N)
    around = centres[:, None] + np.arange(LFR_M) - LFR_M // 2
    stacked: Array = fbank[np.clip(around, 0, len(fbank) - 1)].reshape(len(centres), -1)
    return stacked


def stretch(
    fbank: Array, spans: NDArray[np.float64], most: float, rng: np.random.Generator
) -> tuple[Array, NDArray[np.float64]]:
    """Another beginning, rate (by 15 %) and vocal tract."""
    shift = int(rng.integers(0, LFR_N))
    rate, warp = rng.uniform(0.85, 1.15), rng.uniform(1 - most, 1 + most)
    times = np.maximum(np.arange(int((len(fbank) + shift) / rate)) * rate - shift, 0.0)
    mels = np.minimum(np.arange(MELS) * warp, MELS - 1.0)
    moved = _interpolate(_interpolate(fbank, times).T, mels).T
    return moved, (spans + shift / 100) / rate


def _interpolate(rows: Array, places: NDArray[np.float64]) -> Array:
    below = np.minimum(places.astype(np.intp), len(rows) - 1)
    above = np.minimum(below + 1, len(rows) - 1)
    part = (places - below).astype(np.float32)[:, None]
    mixed: Array = rows[below] * (1 - part) + rows[above] * part
    return mixed


def disturb(fbank: Array, disturbance: Disturbance, rng: np.random.Generator) -> Array:
    """Another level, noise and line; and holes, so that no detail decides (SpecAugment)."""
    line = rng.uniform(-2.5, 2.0) + disturbance.colour * _curve(rng)
    changed = fbank + line.astype(np.float32)
    if rng.random() < disturbance.noise:
        loud = np.quantile(changed, 0.9)
        floor = (loud + rng.uniform(-10.0, disturbance.loudest) + _curve(rng)).astype(np.float32)
        grain = rng.standard_normal(changed.shape, np.float32)
        changed = np.logaddexp(changed, floor + np.float32(0.7) * grain)
    if rng.random() < 0.1:
        edge = int(rng.integers(56, 72))
        changed[:, edge:] -= np.float32(rng.uniform(2.0, 9.0))
    mean = changed.mean()
    for _ in range(int(rng.integers(0, 3))):
        first, width = int(rng.integers(0, MELS)), int(rng.integers(1, 10))
        changed[:, first : first + width] = mean
    for _ in range(int(rng.integers(0, 2) * len(changed) / 150)):
        first, width = int(rng.integers(0, len(changed))), int(rng.integers(1, 9))
        changed[first : first + width] = mean
    return changed


def _curve(rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth curve over the mels, of standard deviation 1 at its six knots."""
    return np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 6), rng.normal(0.0, 1.0, 6))
