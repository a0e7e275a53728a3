"""Joins groups of windows that are one speaker's, the most alike first.

How alike two groups are is the mean cosine between them, divided by how alike each is in itself
(the geometric mean of the two): noise, and what is said, lower all of these, and so cancel. For
large groups it is the cosine of their centres; a group too small to tell is taken for a usual one.

Windows that overlap are seldom two speakers'. So groups between which the speech changes again and
again without a pause are more alike, by the share of such changes. It counts up to a limit: two
who answer each other that quickly stay two.

Sources: Sokal and Michener, "A statistical method for evaluating systematic relationships", 1958
(average linkage); Spearman, "The proof and measurement of association between two things", 1904
(the correction for attenuation).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.diarization.clustering.vectors import Flags, Labels, Vectors

USUAL = 0.6  # the mean cosine of one speaker's windows, with CAM++
WEIGHT = 10  # pairs of windows that count as much as what is usual
LEAST_USUAL = 0.05  # no group is taken to be less alike in itself
MOST_CHANGES = 0.3  # a larger share counts as this

Table = NDArray[np.float64]


class Groups:
    """Groups of windows, and what there is to know of each pair of them.

    Sums over pairs of windows add up when groups are joined, so a group of any size is as cheap as
    a single window.
    """

    def __init__(self, vectors: Vectors, overlaps: Flags, windows: list[Labels]) -> None:
        """Begin with those groups.

        Args:
            vectors: unit vectors, shape (windows, size), in order of time.
            overlaps: for each window, whether it overlaps the one before it.
            windows: the windows of each group; no two groups share one.
        """
        self.windows = list(windows)
        self._sizes = np.array([len(group) for group in windows], dtype=np.float64)
        sums = np.stack([vectors[group].sum(axis=0, dtype=np.float64) for group in windows])
        self._cosines = sums @ sums.T
        self._neighbours = _neighbours(windows, overlaps)
        self._alike = np.stack([self._row(number) for number in range(len(windows))])

    def join(self, alike: float, least: int, most: int) -> list[Labels]:
        """Join groups until what is left is unlike.

        Args:
            alike: from this likeness on two groups are one speaker's.
            least: never fewer groups than this, if there are as many to begin with.
            most: never more than this: the most alike are joined even if they are not alike.

        Returns:
            The windows of each group.
        """
        while len(self.windows) > least:
            one, other = np.unravel_index(self._alike.argmax(), self._alike.shape)
            if self._alike[one, other] < alike and len(self.windows) <= most:
                break
            self._join_two(int(min(one, other)), int(max(one, other)))
        return self.windows

    def _join_two(self, kept: int, gone: int) -> None:
        self.windows[kept] = np.concatenate([self.windows[kept], self.windows.pop(gone)])
        self._sizes[kept] += self._sizes[gone]
        self._sizes = np.delete(self._sizes, gone)
        self._cosines = _added(self._cosines, kept, gone)
        self._neighbours = _added(self._neighbours, kept, gone)
        self._alike = np.delete(np.delete(self._alike, gone, 0), gone, 1)
        self._alike[kept] = self._alike[:, kept] = self._row(kept)

    def _row(self, group: int) -> Table:
        """How alike a group is to each; it is not compared with itself."""
        sizes = self._sizes
        own = np.diag(self._cosines) - sizes  # not of a window with itself
        within = (own + WEIGHT * USUAL) / (sizes * (sizes - 1) + WEIGHT)
        within = np.maximum(within, LEAST_USUAL)
        between = self._cosines[group] / (sizes[group] * sizes)
        neighbours = self._neighbours.sum(axis=0)
        fewer = np.maximum(np.minimum(neighbours[group], neighbours), 1)
        changes = np.minimum(self._neighbours[group] / fewer, MOST_CHANGES)
        alike: Table = between / np.sqrt(within[group] * within) + changes
        alike[group] = -np.inf
        return alike


def _added(table: Table, kept: int, gone: int) -> Table:
    """The table of sums after two groups have become one."""
    table[kept] += table[gone]
    table[:, kept] += table[:, gone]
    return np.delete(np.delete(table, gone, 0), gone, 1)


def _neighbours(windows: list[Labels], overlaps: Flags) -> Table:
    """How often a window of one group overlaps the next, of another; a group's own count twice."""
    labels = np.full(len(overlaps), -1)
    for number, group in enumerate(windows):
        labels[group] = number
    here = np.flatnonzero(overlaps)
    here = here[(here > 0) & (labels[here] >= 0) & (labels[here - 1] >= 0)]
    pairs: Table = np.zeros((len(windows), len(windows)))
    np.add.at(pairs, (labels[here - 1], labels[here]), 1.0)
    return pairs + pairs.T
