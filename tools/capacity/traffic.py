"""When jobs come, and how long their audio is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
_HOUR_S = 3600.0
_MOST_AUDIO_S = 43_200.0  # services take no longer recordings
_JITTER_S = 900.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Jobs over a while.

    Attributes:
        arrivals: seconds after the beginning, rising, one per job.
        audio_s: the length of each job's audio.
        period_s: how long the while is.
    """

    arrivals: Seconds
    audio_s: Seconds
    period_s: float

    @property
    def per_day(self) -> float:
        """Jobs a day, in the mean."""
        return len(self.arrivals) * DAY_S / self.period_s

    def scaled(self, factor: float, seed: int = 0) -> Traffic:
        """As many times the jobs: drawn from these, each up to a quarter of an hour away."""
        rng = np.random.default_rng(seed)
        drawn = rng.integers(0, len(self.arrivals), rng.poisson(len(self.arrivals) * factor))
        moved = self.arrivals[drawn] + rng.uniform(-_JITTER_S, _JITTER_S, len(drawn))
        return in_order(moved % self.period_s, self.audio_s[drawn], self.period_s)


@dataclass(frozen=True, slots=True)
class Shape:
    """How traffic changes over a week, which begins on Monday at midnight.

    Attributes:
        hours: the weight of each hour of a day.
        days: the weight of each day of a week.
    """

    hours: tuple[float, ...] = (1.0,) * 24
    days: tuple[float, ...] = (1.0,) * 7

    def weights(self, hours: int) -> Seconds:
        """The weight of each hour of a while, relative to a week's mean."""
        week = np.outer(self.days, self.hours).ravel()
        return np.resize(week / week.mean(), hours)


SHAPES: Mapping[str, Shape] = {
    "flat": Shape(),
    "office": Shape(
        hours=(1, 1, 1, 1, 1, 1, 2, 10, 50, 90, 100, 95,
               60, 80, 100, 95, 85, 50, 20, 8, 4, 2, 1, 1),
        days=(1.0, 1.0, 1.0, 1.0, 0.9, 0.1, 0.05),
    ),
    "evening": Shape(
        hours=(30, 15, 8, 5, 4, 5, 10, 20, 30, 35, 40, 45,
               50, 50, 45, 45, 50, 60, 75, 90, 100, 95, 80, 55),
        days=(0.9, 0.9, 0.9, 0.95, 1.1, 1.2, 1.1),
    ),
    "night": Shape(hours=(0, 60, 100, 100, 60, *(0,) * 19)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long audio is.

    Attributes:
        mean_s: in the mean.
        spread: the standard deviation of the logarithm (lengths are log-normal); 0 for one length.
        sample: lengths to draw from instead.
    """

    mean_s: float = 60.0
    spread: float = 0.8
    sample: Seconds | None = None

    def draw(self, rng: np.random.Generator, count: int) -> Seconds:
        """Lengths of so many recordings."""
        if self.sample is not None:
            return rng.choice(self.sample, count)
        drawn = rng.lognormal(np.log(self.mean_s) - self.spread**2 / 2, self.spread, count)
        return np.minimum(drawn, _MOST_AUDIO_S)


@dataclass(frozen=True, slots=True)
class Demand:
    """What traffic there is to be, in words.

    Attributes:
        jobs_per_day: in the mean over a week.
        shape: how that changes.
        lengths: of the audio.
        burst: how many jobs come together, in the mean; 1 if they come one by one.
        burst_s: over how long they come.
    """

    jobs_per_day: float = 1000.0
    shape: Shape = field(default_factory=Shape)
    lengths: Lengths = field(default_factory=Lengths)
    burst: float = 1.0
    burst_s: float = 60.0

    def traffic(self, days: int, seed: int = 0) -> Traffic:
        """Draw it: a Poisson process whose rate follows the shape, of bursts of any number."""
        rng = np.random.default_rng(seed)
        period = days * DAY_S
        summed = np.concatenate([[0.0], np.cumsum(self.shape.weights(days * 24))])
        bursts = rng.poisson(self.jobs_per_day / 24 * summed[-1] / self.burst)
        hours = np.arange(days * 24 + 1) * _HOUR_S
        begun = np.interp(rng.uniform(0, summed[-1], bursts), summed, hours)
        arrivals = begun
        if self.burst > 1:
            arrivals = np.repeat(begun, rng.geometric(1 / self.burst, bursts))
            arrivals = (arrivals + rng.uniform(0, self.burst_s, len(arrivals))) % period
        return in_order(arrivals, self.lengths.draw(rng, len(arrivals)), period)


def in_order(arrivals: Seconds, audio_s: Seconds, period_s: float) -> Traffic:
    """Jobs in the order they come in."""
    order = np.argsort(arrivals, kind="stable")
    return Traffic(arrivals[order], audio_s[order], period_s)
