"""Small things every kind of clustering here does with vectors and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # of shape (windows, size)
Labels = NDArray[np.int64]  # of shape (windows,)
Flags = NDArray[np.bool_]  # of shape (windows,)


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    """The same directions with length 1; what has no direction stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return scaled


def centres(vectors: Vectors, labels: Labels) -> Vectors:
    """The mean direction of the vectors of each label, shape (labels, size); below 0 is none."""
    count = int(labels.max(initial=-1)) + 1
    # Summed where they are: most of ten hours' vectors can be one speaker's.
    sums = [vectors.sum(axis=0, where=(labels == label)[:, None]) for label in range(count)]
    return unit(np.reshape(np.array(sums, dtype=np.float32), (count, vectors.shape[1])))


def in_order(labels: Labels) -> Labels:
    """The same groups, numbered from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))
    renamed: Labels = numbers[inverse]
    return renamed
