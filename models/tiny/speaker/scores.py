"""How well embeddings tell voices apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.features import Array

Cosines = NDArray[np.float32]


def pair_up(
    embeddings: Array, speakers: NDArray[np.intp], recordings: NDArray[np.intp]
) -> tuple[Cosines, Cosines]:
    """Cosines of all pairs of windows of one speaker, and of all pairs of different ones.

    Two windows of one recording share more than the voice, so they make no pair.

    Args:
        embeddings: shape (windows, size).
        speakers: who speaks in each window.
        recordings: where each window is from.
    """
    directions = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosines = directions @ directions.T
    above = np.triu(np.ones(cosines.shape, np.bool_), k=1)
    same = speakers[:, None] == speakers
    apart = recordings[:, None] != recordings
    return cosines[above & same & apart], cosines[above & ~same]


def equal_error(same: Cosines, different: Cosines) -> float:
    """The rate of errors at the threshold where as many pairs of either kind are misjudged."""
    candidates = np.quantile(np.concatenate((same, different)), np.linspace(0, 1, 2001))
    misses = np.searchsorted(np.sort(same), candidates) / same.size
    alarms = 1 - np.searchsorted(np.sort(different), candidates) / different.size
    at = int(np.argmin(np.abs(misses - alarms)))
    return float((misses[at] + alarms[at]) / 2)
