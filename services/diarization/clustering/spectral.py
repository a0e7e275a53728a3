"""Spectral clustering: speakers are the parts that a graph of alike windows nearly falls into.

Sources: von Luxburg, "A tutorial on spectral clustering", Statistics and Computing 2007 (the
Laplacian and the eigengap); Park et al., "Auto-tuning spectral clustering for speaker diarization
using normalized maximum eigengap", IEEE Signal Processing Letters 2020 (keeping each window's
nearest neighbours only).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.diarization.clustering.kmeans import kmeans
from services.diarization.clustering.vectors import Labels, Vectors

FEWEST_NEIGHBOURS = 6
NEIGHBOURS = 0.022  # of all windows


def spectral(vectors: Vectors, least: int, most: int) -> Labels:
    """Cluster windows.

    Args:
        vectors: unit vectors, shape (windows, size), at least two.
        least: at least so many clusters, if there are as many windows.
        most: at most so many.

    Returns:
        Shape (windows,), numbers from 0.
    """
    values, embedded = np.linalg.eigh(_laplacian(_neighbours(vectors)))
    most = min(most, len(vectors) - 1)
    least = min(least, most)
    gaps = np.diff(values[least - 1 : most + 1])
    count = least + int(gaps.argmax())
    return kmeans(embedded[:, :count], count)


def _neighbours(vectors: Vectors) -> NDArray[np.float64]:
    """Cosines of each window with its nearest neighbours, made symmetric; others are 0."""
    cosines = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(cosines, 0.0)
    kept = min(len(vectors) - 1, max(FEWEST_NEIGHBOURS, round(NEIGHBOURS * len(vectors))))
    weakest = np.partition(cosines, -kept, axis=1)[:, -kept, None]
    pruned = np.where(cosines >= weakest, np.maximum(cosines, 0.0), 0.0)
    symmetric: NDArray[np.float64] = (pruned + pruned.T) / 2
    return symmetric


def _laplacian(graph: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unnormalised Laplacian."""
    laplacian: NDArray[np.float64] = np.diag(graph.sum(axis=1)) - graph
    return laplacian
