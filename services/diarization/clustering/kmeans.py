"""k-means that draws nothing by chance: the first centres are points far from each other.

Sources: Lloyd, "Least squares quantization in PCM", 1982; Gonzalez, "Clustering to minimize the
maximum intercluster distance", 1985 (the first centres).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.diarization.clustering.vectors import Labels

MOST_ROUNDS = 50

Points = NDArray[np.float64]  # of shape (points, size)


def kmeans(points: Points, count: int) -> Labels:
    """Label each point with the nearest of so many centres.

    Args:
        points: at least ``count`` of them.
        count: number of centres.

    Returns:
        Shape (points,), numbers from 0; none is without a point, unless points are the same.
    """
    centres = _far_apart(points, count)
    labels = np.full(len(points), -1, dtype=np.int64)
    for _ in range(MOST_ROUNDS):
        distances = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
        moved = distances.argmin(axis=1)
        if np.array_equal(moved, labels):
            break
        labels = moved
        centres = np.stack([
            points[labels == number].mean(axis=0)
            if (labels == number).any()
            else points[distances.min(axis=1).argmax()]  # the one that is served worst
            for number in range(count)
        ])  # fmt: skip
    return labels


def _far_apart(points: Points, count: int) -> Points:
    """The point nearest to the middle, then always the one farthest from those chosen."""
    middle = ((points - points.mean(axis=0)) ** 2).sum(axis=1).argmin()
    chosen = [int(middle)]
    nearest = np.full(len(points), np.inf)
    for _ in range(count - 1):
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(nearest.argmax()))
    return points[chosen].copy()
