"""How far what was heard is from what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Alignment:
    """The cheapest way from one sequence to another (Levenshtein, 1966).

    Attributes:
        errors: substitutions, deletions and insertions.
        matches: places in both of what is the same.
    """

    errors: int
    matches: tuple[tuple[int, int], ...]


def align(said: Sequence[str], heard: Sequence[str]) -> Alignment:
    """Aligns two sequences of words or characters."""
    cost = np.zeros((len(said) + 1, len(heard) + 1), np.int64)
    cost[:, 0], cost[0] = np.arange(len(said) + 1), np.arange(len(heard) + 1)
    for row, one in enumerate(said, start=1):
        for column, other in enumerate(heard, start=1):
            cost[row, column] = min(
                cost[row - 1, column - 1] + (one != other),
                cost[row - 1, column] + 1,
                cost[row, column - 1] + 1,
            )
    matches = []
    row, column = len(said), len(heard)
    while row and column:
        differ = said[row - 1] != heard[column - 1]
        if cost[row, column] == cost[row - 1, column - 1] + differ:
            row, column = row - 1, column - 1
            if not differ:
                matches.append((row, column))
        elif cost[row, column] == cost[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
    return Alignment(int(cost[-1, -1]), tuple(reversed(matches)))


def middle_and_ninth(values: Sequence[float]) -> tuple[float, float]:
    """Median and 90th percentile of absolute values; not a number if there is none."""
    if not len(values):
        return float("nan"), float("nan")
    median, ninth = np.quantile(np.abs(values), (0.5, 0.9))
    return float(median), float(ninth)
