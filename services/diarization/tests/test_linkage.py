"""Groups are joined as their definition says, without a table of all pairs."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from services.diarization.clustering.linkage import (
    LEAST_USUAL,
    MOST_CHANGES,
    USUAL,
    WEIGHT,
    Groups,
)
from services.diarization.clustering.vectors import Flags, Labels, Vectors, unit
from services.diarization.tests.test_clustering import ALIKE, turns, voices

Table = NDArray[np.float64]


def some(
    rng: np.random.Generator, windows: int, groups: int, spread: float
) -> tuple[Vectors, Flags, list[Labels]]:
    """A conversation of five, and groups of one speaker's windows each."""
    truth = turns(rng, 5, windows)
    kinds = truth + 5 * rng.integers(groups // 5, size=windows)
    parts = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    return voices(rng, truth, spread), rng.random(windows) < 0.7, parts


def likenesses(cosines: Table, follow: Table, members: Table) -> Table:
    """How alike any two groups are, from all pairs of windows.

    Args:
        cosines: of all windows.
        follow: 1 for two windows that overlap.
        members: 1 for a group and a window of its own.
    """
    sizes = members.sum(axis=1)
    sums = members @ cosines @ members.T
    own = (np.diag(sums) - sizes + WEIGHT * USUAL) / (sizes * (sizes - 1) + WEIGHT)
    within = np.sqrt(np.maximum(own, LEAST_USUAL))
    changes = members @ follow @ members.T
    all_changes = changes.sum(axis=1)
    share = changes / np.maximum(np.minimum.outer(all_changes, all_changes), 1)
    alike: Table = sums / np.outer(sizes, sizes) / np.outer(within, within)
    alike += np.minimum(share, MOST_CHANGES)
    np.fill_diagonal(alike, -np.inf)
    return alike


def joined(
    vectors: Vectors, overlaps: Flags, groups: list[Labels], least: int, most: int
) -> list[Labels]:
    """As ``Groups.join``, with all of it computed anew for each step."""
    wide = vectors.astype(np.float64)
    follow = np.diag(overlaps[1:].astype(np.float64), 1)
    members = np.array([np.isin(np.arange(len(vectors)), group) for group in groups], dtype=float)
    while len(members) > least:
        alike = likenesses(wide @ wide.T, follow + follow.T, members)
        one, other = sorted(np.unravel_index(alike.argmax(), alike.shape))
        if alike[one, other] < ALIKE and len(members) <= most:
            break
        members[one] += members[other]
        members = np.delete(members, other, axis=0)
    return [np.flatnonzero(row) for row in members]


@pytest.mark.parametrize("spread", [0.7, 1.0, 1.6])
@pytest.mark.parametrize(("least", "most"), [(1, 15), (1, 3), (8, 15)])
def test_the_most_alike_are_joined_first(spread: float, least: int, most: int) -> None:
    vectors, overlaps, parts = some(np.random.default_rng(least + most), 500, 60, spread)
    found = Groups(vectors, overlaps, parts).join(ALIKE, least, most)
    expected = joined(vectors, overlaps, parts, least, most)
    assert [np.sort(group).tolist() for group in found] == [group.tolist() for group in expected]
    assert len(found) < len(parts) / 2


def test_memory_grows_with_the_groups_and_not_with_their_pairs() -> None:
    """Two thousand groups: a table of all pairs would have 32 MB."""
    vectors = unit(np.random.default_rng(0).normal(size=(2_000, 192)))
    parts = list(np.arange(len(vectors))[:, None])
    tracemalloc.start()
    Groups(vectors, np.zeros(len(vectors), dtype=np.bool_), parts).join(ALIKE, 1_990, 1_990)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * vectors.nbytes
