"""A small diarization to judge embeddings by: spectral clustering, and the error of its labels.

Sources: Park et al., "Auto-tuning spectral clustering for speaker diarization using normalized
maximum eigengap", 2019 (pruning, eigengap); NIST's md-eval (error rate, collar).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans, vq
from scipy.optimize import linear_sum_assignment

from models.tiny.speaker.conversations import Turn
from shared.features import Array

FRAMES_PER_SECOND = 100
COLLAR = 25  # frames on either side of a turn's border that do not count
KEPT = 0.2  # of each row's affinities
FEWEST_KEPT = 6
STRANGERS = 0.3  # a cosine that tells nothing: one pair of voices in ten is as alike
MOST_SPEAKERS = 8

Labels = NDArray[np.intp]


def cluster(embeddings: Array, count: int | None = None) -> Labels:
    """Number the speakers of windows from 0; as many as there are, or as the eigengap says."""
    directions = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    affinity = (directions @ directions.T).astype(np.float64)
    kept = min(len(affinity), max(FEWEST_KEPT, round(KEPT * len(affinity))))
    smallest = np.sort(affinity, axis=1)[:, -kept][:, None]
    pruned = np.where(affinity >= smallest, np.maximum(affinity - STRANGERS, 0), 0)
    pruned = (pruned + pruned.T) / 2
    np.fill_diagonal(pruned, 0)
    degree = pruned.sum(axis=1)
    values, vectors = np.linalg.eigh(np.diag(degree) - pruned)
    if count is None:
        count = 1 + int(np.argmax(np.diff(values[: MOST_SPEAKERS + 1])))
    points = vectors[:, :count]
    centres, _ = kmeans(points, count, iter=20, rng=np.random.default_rng(0))
    return np.unique(vq(points, centres)[0], return_inverse=True)[1].astype(np.intp)


def error_rate(turns: Sequence[Turn], spans: Sequence[tuple[int, int]], labels: Labels) -> float:
    """Share of the speech, but for the collars, that is not the person's it is given to.

    Args:
        turns: the truth.
        spans: windows in frames, in order; where two overlap, each has the half on its side.
        labels: the speaker of each window.
    """
    truth = np.full(round(turns[-1].end * FRAMES_PER_SECOND), -1)
    found = np.full(truth.shape, -1)
    for turn in turns:
        start, end = (round(edge * FRAMES_PER_SECOND) for edge in (turn.start, turn.end))
        truth[start + COLLAR : max(start + COLLAR, end - COLLAR)] = turn.speaker
    until = 0
    for (first, last), label in zip(spans, labels, strict=True):
        found[(first + max(first, until)) // 2 : last] = label
        until = last
    table = np.zeros((truth.max() + 1, int(labels.max()) + 1))
    scored = (truth >= 0) & (found >= 0)
    np.add.at(table, (truth[scored], found[scored]), 1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(1 - table[rows, columns].sum() / np.sum(truth >= 0))
