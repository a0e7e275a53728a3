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
_HALVINGS = 3

Scaled = Callable[[float], Traffic]


@dataclass(frozen=True, slots=True)
class Point:
    """Both at one traffic.

    Attributes:
        factor: how many times the traffic asked about.
        meets: whether the endpoint's callers wait no longer than asked for.
    """

    factor: float
    per_day: float
    endpoint: Answer
    pods: Pods
    meets: bool


def curve(service: Service, choice: Choice, scaled: Scaled, p95_s: float) -> list[Point]:
    """Both at some hundredth to some tenfold of a traffic, as far as that is simulated soon.

    Where one becomes cheaper than the other, there are more points.

    Args:
        scaled: the traffic that is so many times as much.
        p95_s: what the 95th percentile of the latency is to be below.
    """

    def point(factor: float) -> Point:
        traffic = scaled(factor)
        answer = service.answer(choice, traffic)
        meets = answer.result.latency.p95 <= p95_s
        return Point(factor, traffic.per_day, answer, service.pods(traffic, p95_s), meets)

    jobs = len(scaled(1.0).arrivals)
    points = [point(factor) for factor in FACTORS if factor <= 1 or jobs * factor <= _MOST_JOBS]
    points = [point for point in points if point.per_day]
    for _ in range(_HALVINGS):
        if (place := _crossing(points)) is not None:
            middle = math.sqrt(points[place - 1].factor * points[place].factor)
            points.insert(place, point(middle))
    return points


def break_even(points: Sequence[Point]) -> float | None:
    """The jobs a day from which on pods are cheaper; None if that is nowhere on the curve."""
    if (place := _crossing(points)) is None:
        return None
    before, after = points[place - 1 : place + 1]
    share = _ratio(before) / (_ratio(before) - _ratio(after))
    return before.per_day * math.pow(after.per_day / before.per_day, share)


def _crossing(points: Sequence[Point]) -> int | None:
    """The first point where pods are cheaper and at the one before they were not."""
    pairs = enumerate(pairwise(map(_ratio, points)), 1)
    return next((place for place, (before, after) in pairs if before < 0 <= after), None)


def _ratio(point: Point) -> float:
    """Above 0 where pods are cheaper."""
    return math.log(point.endpoint.bill.per_month / point.pods.per_month)
