"""How well decided frames of 10 ms agree with the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.tiny.sound.labels import Labels


@dataclass(frozen=True)
class Score:
    """Agreement of decided 10 ms frames with the truth."""

    precision: float
    recall: float
    f1: float


def score(decided: Labels, truth: Labels) -> Score:
    """Precision, recall and F1 over all frames."""
    hits = int(np.sum(decided & truth))
    precision, recall = hits / max(1, int(decided.sum())), hits / max(1, int(truth.sum()))
    return Score(precision, recall, 2 * precision * recall / max(1e-9, precision + recall))


def best_threshold(odds: NDArray[np.float32], truth: Labels) -> float:
    """The log odds above which calling a frame speech gives the best F1."""
    candidates = np.linspace(-3.0, 3.0, 61)
    return float(max(candidates, key=lambda threshold: score(odds > threshold, truth).f1))


def frames_of(segments: Iterable[tuple[float, float]], count: int) -> Labels:
    """Segments in seconds as ``count`` frames of 10 ms."""
    frames = np.zeros(count, dtype=np.bool_)
    for start, end in segments:
        frames[round(start * 100) : round(end * 100)] = True
    return frames


def truth_of(path: Path) -> Labels:
    """The frames of a recording that its ``.scv`` file, as TEN VAD has them, calls speech.

    It is one line, ``name,start,end,label,start,end,...`` in seconds, where label 1 is speech.
    """
    cells = path.read_text("utf-8").strip().split(",")[1:]
    rows = list(zip(*(map(float, cells[column::3]) for column in range(3)), strict=True))
    return frames_of(((s, e) for s, e, label in rows if label == 1), round(rows[-1][1] * 100))
