"""What an endpoint and pods cost at more and at less traffic, and where one becomes cheaper."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.capacity.plans import Answer, Choice, Pods, Service
from tools.capacity.traffic import Traffic

FACTORS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_MOST_JOBS = 400_000  # that are simulated for one point

Scaled = Callable[[float], Traffic]


@dataclass(frozen=True, slots=True)
class Point:
    """Both at one traffic.

    Attributes:
        meets: whether the endpoint's callers wait no longer than asked for.
    """

    per_day: float
    endpoint: Answer
    pods: Pods
    meets: bool


def curve(service: Service, choice: Choice, scaled: Scaled, p95_s: float) -> list[Point]:
    """Both at some hundredth to some tenfold of a traffic, as far as that is simulated soon.

    Args:
        scaled: the traffic that is so many times as much.
        p95_s: what the 95th percentile of the latency is to be below.
    """
    jobs = len(scaled(1.0).arrivals)
    points = []
    for factor in FACTORS:
        traffic = scaled(factor)
        if len(traffic.arrivals) < 2 or (factor > 1 and jobs * factor > _MOST_JOBS):
            continue
        answer = service.answer(choice, traffic)
        meets = answer.result.latency.p95 <= p95_s
        points.append(Point(traffic.per_day, answer, service.pods(traffic, p95_s), meets))
    return points


def break_even(points: Sequence[Point]) -> float | None:
    """The jobs a day from which on pods are cheaper; None if that is nowhere on the curve."""
    for before, after in pairwise(points):
        below, above = _ratio(before), _ratio(after)
        if below < 0 <= above:
            share = below / (below - above)
            low, high = math.log(before.per_day), math.log(after.per_day)
            return math.exp(low + share * (high - low))
    return None


def _ratio(point: Point) -> float:
    """Above 0 where pods are cheaper."""
    return math.log(point.endpoint.bill.per_month / point.pods.per_month)
