"""Which windows are the same speaker's: from embeddings to labels.

The windows of a block are grouped by their spectrum (a few windows are a group each), and then the
groups of all blocks joined while they are alike. The work grows with the number of blocks, not with
the square of the number of windows. Nothing is drawn by chance: the same embeddings always get the
same labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.diarization.clustering.linkage import Groups
from services.diarization.clustering.spectral import spectral
from services.diarization.clustering.vectors import Flags, Labels, Vectors, centres, in_order

FEW = 8  # windows; a spectrum of so few says nothing
BLOCK = 800  # windows; 10 minutes of speech
MOST_IN_A_BLOCK = 15  # speakers
SLIP = 2  # windows; a group of so few is no speaker, where there are many
ROUNDS = 5  # of assigning windows to the nearest speaker
NOBODY = -1  # a label


@dataclass(frozen=True, slots=True)
class Speakers:
    """How many speakers there may be.

    Attributes:
        least: at least so many, if there are as many windows.
        most: at most so many.
    """

    least: int = 1
    most: int = MOST_IN_A_BLOCK


def cluster(
    vectors: Vectors, speakers: Speakers, alike: float, overlaps: Flags | None = None
) -> Labels:
    """Label windows with their speakers.

    Args:
        vectors: their embeddings, of length 1, shape (windows, size), in order of time.
        speakers: how many there may be.
        alike: from this likeness on two groups of windows are one speaker's; see ``linkage``.
        overlaps: for each window, whether it overlaps the one before it; None: none does.

    Returns:
        Shape (windows,): numbers from 0 in order of first appearance.
    """
    if not len(vectors):
        return np.zeros(0, dtype=np.int64)
    if len(vectors) < FEW:
        groups = list(np.arange(len(vectors))[:, None])
    else:
        blocks = np.array_split(np.arange(len(vectors)), -(-len(vectors) // BLOCK))
        # A block need not hold every speaker there is.
        least = speakers.least if len(blocks) == 1 else 1
        groups = [group for block in blocks for group in _groups(vectors, block, least)]
    if overlaps is None:
        overlaps = np.zeros(len(vectors), dtype=np.bool_)
    joined = Groups(vectors, overlaps, groups).join(alike, speakers.least, speakers.most)
    if len(vectors) >= FEW:
        joined = _without_slips(joined, speakers.least)
    return in_order(_nearest(vectors, joined))


def _groups(vectors: Vectors, block: Labels, least: int) -> list[Labels]:
    """Groups of one block of consecutive windows, each of one speaker; there may be too many.

    The largest gap can be that between two sorts of voices: what it leaves together is parted once
    more.
    """
    return [
        part
        for group in _parts(vectors, block, least)
        for part in (_parts(vectors, group, 2) if len(group) >= 2 * FEW else [group])
    ]


def _parts(vectors: Vectors, windows: Labels, least: int) -> list[Labels]:
    """The parts that the spectrum of those windows shows."""
    labels = spectral(vectors[windows], least, max(least, MOST_IN_A_BLOCK))
    return [windows[labels == label] for label in np.unique(labels)]


def _without_slips(groups: list[Labels], least: int) -> list[Labels]:
    """Groups but for those so small that they are slips rather than somebody's only word."""
    lasting = [group for group in groups if len(group) > SLIP]
    return lasting if len(lasting) >= max(1, least) else groups


def _nearest(vectors: Vectors, groups: list[Labels]) -> Labels:
    """Assign every window to the speaker it is nearest to, until none moves; none is left empty."""
    labels = np.full(len(vectors), NOBODY)
    for number, group in enumerate(groups):
        labels[group] = number
    labels = np.where(labels == NOBODY, _moved(vectors, labels), labels)
    for _ in range(ROUNDS):
        moved = _moved(vectors, labels)
        if len(np.unique(moved)) < len(groups) or np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _moved(vectors: Vectors, labels: Labels) -> Labels:
    """For each window the number of the nearest speaker, as these labels have them."""
    found: Labels = (vectors @ centres(vectors, labels).T).argmax(axis=1)
    return found
