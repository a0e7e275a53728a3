"""Joins groups that are alike, the most alike first: average linkage on cosines.

The mean cosine between the windows of two groups is the product of the means of their unit
vectors, so a group of any size is as cheap as a single window.

Source: Sokal and Michener, "A statistical method for evaluating systematic relationships", 1958.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.diarization.clustering.vectors import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A group of windows: the sum of their unit vectors, shape (size,), and which they are."""

    total: NDArray[np.float64]
    windows: list[int]

    @classmethod
    def of(cls, vectors: Vectors, windows: list[int]) -> Self:
        """The group of those rows of unit vectors."""
        return cls(vectors[windows].sum(axis=0, dtype=np.float64), windows)

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean of the unit vectors."""
        return self.total / len(self.windows)


def join(clusters: list[Cluster], alike: float, least: int, most: int) -> list[Cluster]:
    """Join groups until what is left is unlike.

    Args:
        clusters: the groups.
        alike: the mean cosine from which two groups are joined.
        least: never fewer groups than this, if there are as many to begin with.
        most: never more than this: the most alike are joined even if they are not alike.
    """
    groups: list[Cluster | None] = list(clusters)
    likeness = _likeness(clusters)
    left = len(clusters)
    while left > least:
        first, second = np.unravel_index(likeness.argmax(), likeness.shape)
        if likeness[first, second] < alike and left <= most:
            break
        _join_two(groups, likeness, int(min(first, second)), int(max(first, second)))
        left -= 1
    return [group for group in groups if group is not None]


def _likeness(clusters: list[Cluster]) -> NDArray[np.float64]:
    """Mean cosines between groups, shape (groups, groups); a group is not compared with itself."""
    means = np.stack([group.mean for group in clusters])
    likeness: NDArray[np.float64] = means @ means.T
    np.fill_diagonal(likeness, -np.inf)
    return likeness


def _join_two(
    groups: list[Cluster | None], likeness: NDArray[np.float64], kept: int, gone: int
) -> None:
    one, other = groups[kept], groups[gone]
    assert one is not None  # noqa: S101 - the likeness of what is gone is minus infinity
    assert other is not None  # noqa: S101
    weight = len(one.windows) / (len(one.windows) + len(other.windows))
    row = weight * likeness[kept] + (1 - weight) * likeness[gone]
    row[kept] = -np.inf
    likeness[kept] = likeness[:, kept] = row
    likeness[gone] = likeness[:, gone] = -np.inf
    groups[kept] = Cluster(one.total + other.total, [*one.windows, *other.windows])
    groups[gone] = None
