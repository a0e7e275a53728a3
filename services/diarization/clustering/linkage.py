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

Values = NDArray[np.float64]  # of shape (groups,)


class Groups:
    """Groups of windows, and what there is to know of each.

    The sum of a group's unit vectors tells the cosines of its windows with those of any other, so a
    group of any size is as cheap as a single window. How alike two groups are is computed when it
    is needed: a table of all pairs would grow with the square of the recording's length.
    """

    def __init__(self, vectors: Vectors, overlaps: Flags, windows: list[Labels]) -> None:
        """Begin with those groups.

        Args:
            vectors: unit vectors, shape (windows, size), in order of time.
            overlaps: for each window, whether it overlaps the one before it.
            windows: the windows of each group; each window is in one of them.
        """
        self._windows = dict(enumerate(windows))
        self._sizes = np.array([len(group) for group in windows], dtype=np.float64)
        self._sums = np.stack([vectors[group].sum(axis=0, dtype=np.float64) for group in windows])
        self._within = np.array([self._alike_within(number) for number in self._windows])
        self._labels = np.empty(len(vectors), dtype=np.int64)  # of each window, its group
        for number, group in self._windows.items():
            self._labels[group] = number
        self._overlaps = np.append(overlaps, False)
        self._overlaps[0] = False
        self._neighbours = np.array([self._neighbours_of(n).sum() for n in self._windows])
        self._there = np.ones(len(windows), dtype=np.bool_)
        # No group is more alike to another than this; it may be less, after that other was joined.
        self._at_most = np.array([self._row(number).max() for number in self._windows])

    def join(self, alike: float, least: int, most: int) -> list[Labels]:
        """Join groups until what is left is unlike.

        Args:
            alike: from this likeness on two groups are one speaker's.
            least: never fewer groups than this, if there are as many to begin with.
            most: never more than this: the most alike are joined even if they are not alike.

        Returns:
            The windows of each group.
        """
        while len(self._windows) > least:
            one, other, likeness = self._most_alike()
            if likeness < alike and len(self._windows) <= most:
                break
            self._join_two(min(one, other), max(one, other))
        return list(self._windows.values())

    def _most_alike(self) -> tuple[int, int, float]:
        """The two groups that are most alike, and how much."""
        one = int(self._at_most.argmax())
        while (row := self._row(one)).max() < self._at_most[one]:
            self._at_most[one] = row.max()
            one = int(self._at_most.argmax())
        return one, int(row.argmax()), float(row.max())

    def _join_two(self, kept: int, gone: int) -> None:
        windows = self._windows.pop(gone)
        self._windows[kept] = np.concatenate([self._windows[kept], windows])
        self._labels[windows] = kept
        for totals in (self._sizes, self._sums, self._neighbours):
            totals[kept] += totals[gone]
        self._within[kept] = self._alike_within(kept)
        self._there[gone], self._at_most[gone] = False, -np.inf
        row = self._row(kept)
        self._at_most = np.maximum(self._at_most, row)
        self._at_most[kept] = row.max()

    def _row(self, group: int) -> Values:
        """How alike a group is to each; it is not compared with itself, nor with what is gone."""
        between = self._sums @ self._sums[group] / (self._sizes[group] * self._sizes)
        fewer = np.maximum(np.minimum(self._neighbours[group], self._neighbours), 1)
        changes = np.minimum(self._neighbours_of(group) / fewer, MOST_CHANGES)
        alike: Values = between / np.sqrt(self._within[group] * self._within) + changes
        alike[group] = alike[~self._there] = -np.inf
        return alike

    def _alike_within(self, group: int) -> float:
        """How alike a group is in itself: the mean cosine of its pairs, and of some usual ones."""
        size, total = self._sizes[group], self._sums[group]
        own = total @ total - size  # not of a window with itself
        within = (own + WEIGHT * USUAL) / (size * (size - 1) + WEIGHT)
        return max(float(within), LEAST_USUAL)

    def _neighbours_of(self, group: int) -> Labels:
        """How often one of its windows overlaps one of each group; its own count twice."""
        windows = self._windows[group]
        before = windows[self._overlaps[windows]] - 1
        behind = windows[self._overlaps[windows + 1]] + 1
        found: Labels = np.bincount(
            self._labels[np.concatenate((before, behind))], minlength=len(self._sizes)
        )
        return found
