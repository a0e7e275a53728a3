"""Repeated measurements, taken in turns so that a slow minute of the machine hits all alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping


def in_turns(
    candidates: Mapping[str, Callable[[], float]], runs: int, *, discarded: int = 0
) -> dict[str, list[float]]:
    """Measure every candidate once per round, the order reversed from round to round.

    Args:
        candidates: by name, what makes one measurement.
        runs: rounds that count.
        discarded: rounds before them that do not: they warm the disk's cache and compile.

    Returns:
        The measurements of each candidate in the order they were made.
    """
    values: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    for number in range(-discarded, runs):
        for name in names:
            value = candidates[name]()
            print(f"  {name}: {value:.3f}{' (discarded)' * (number < 0)}", file=sys.stderr)
            if number >= 0:
                values[name].append(value)
        names.reverse()
    return values
