"""A day in even steps: the jobs that come, those that wait, the workers there are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tools.capacity.results import levels
from tools.capacity.simulation import Outcome
from tools.capacity.traffic import DAY_S, Seconds

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Day:
    """The day with the most jobs.

    Attributes:
        number: of the day, from 0.
        hours: when each step begins.
        come: jobs, in each step.
        waiting: at most, in each step.
        starting: workers, in the mean of each step.
        up: likewise, those that take jobs.
    """

    number: int
    hours: Seconds
    come: Seconds
    waiting: Seconds
    starting: Seconds
    up: Seconds

    @property
    def name(self) -> str:
        """What it is called in a week that begins on Monday."""
        return f"day {self.number + 1}, a {_NAMES[self.number % 7]}"


def busiest(outcome: Outcome, steps: int) -> Day:
    """The day with the most jobs, in so many steps; all of it where that is shorter."""
    arrivals = outcome.traffic.arrivals
    length = min(DAY_S, outcome.traffic.period_s)
    number = int(np.bincount((arrivals // DAY_S).astype(np.int64)).argmax())
    edges = number * DAY_S + np.linspace(0, length, steps + 1)
    workers = outcome.workers
    started, ready, ended = (
        np.array([getattr(worker, name) for worker in workers])
        for name in ("started", "ready", "ended")
    )
    return Day(
        number,
        (edges[:-1] - number * DAY_S) / 3600,
        np.histogram(arrivals, edges)[0].astype(np.float64),
        _most(arrivals, outcome.begun, edges),
        _mean(started, ready, edges),
        _mean(ready, ended, edges),
    )


def _mean(begins: Seconds, ends: Seconds, edges: Seconds) -> Seconds:
    """How many spans there are, in the mean between two edges each."""
    passed = _passed(begins, edges) - _passed(ends, edges)
    mean: Seconds = np.diff(passed) / np.diff(edges)
    return mean


def _passed(times: Seconds, edges: Seconds) -> Seconds:
    """For each edge, the sum of the time since those that are before it."""
    times = np.sort(times)
    before = np.searchsorted(times, edges)
    summed = np.concatenate([[0.0], np.cumsum(times)])
    passed: Seconds = before * edges - summed[before]
    return passed


def _most(begins: Seconds, ends: Seconds, edges: Seconds) -> Seconds:
    """How many spans there are, at most between two edges each."""
    times, counts = levels(begins, ends)
    counts = np.concatenate([[0.0], counts])
    places = np.searchsorted(times, edges)
    return np.array([counts[first : last + 1].max() for first, last in pairwise(places)])
