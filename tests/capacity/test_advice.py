"""Advice is the cheapest that is fast enough of all that might be tried, and says what binds."""

from __future__ import annotations

import itertools
import tomllib
from functools import cache

import pytest

from runpod_emulator.scaling import Scaling
from tools.capacity.advice import (
    ACTIVE_WORKERS,
    IDLE_TIMEOUTS_S,
    QUEUE_DELAYS_S,
    REQUEST_COUNTS,
    Advice,
    Question,
    advise,
)
from tools.capacity.curve import break_even, curve
from tools.capacity.figures import Figures
from tools.capacity.plans import Answer, Choice, Service
from tools.capacity.show import endpoint_lines
from tools.capacity.traffic import SHAPES, Demand, Lengths, Traffic
from tools.endpoints import EndpointSpec

POOLS = ("AMPERE_16", "ADA_24")
PRESENT = Choice("image", ("AMPERE_16",), Scaling(0, 3, 10.0))
DEMAND = Demand(400, SHAPES["office"], Lengths(60.0, 0.8), burst=3.0)


def service(name: str = "vad", **given: float) -> Service:
    figures = Figures.read({key.replace("__", "."): value for key, value in given.items()})
    return Service(
        name, ("asr", "diarization", "vad"), figures, concurrency=4, short_concurrency=64
    )


TRAFFIC = DEMAND.traffic(2, seed=2)


def asked(of: Service, traffic: Traffic, p95_s: float) -> Advice:
    return advise(of, traffic, Question(p95_s, PRESENT, POOLS, most_workers=2))


@cache
def advised(p95_s: float) -> Advice:
    return asked(service(), TRAFFIC, p95_s)


@cache
def grid() -> list[Answer]:
    """Every scaling that might be tried, on the cheaper pool."""
    scalings = [
        Scaling(least, most, idle, "QUEUE_DELAY", delay)
        for least, most, idle, delay in itertools.product(
            ACTIVE_WORKERS, (1, 2), IDLE_TIMEOUTS_S, QUEUE_DELAYS_S
        )
        if least <= most
    ] + [
        Scaling(least, most, 10.0, "REQUEST_COUNT", 4.0, count)
        for least, most, count in itertools.product(ACTIVE_WORKERS, (1, 2), REQUEST_COUNTS)
        if least <= most
    ]
    return [service().answer(Choice("image", POOLS[:1], s), TRAFFIC) for s in scalings]


@pytest.mark.parametrize("p95_s", [2.0, 11.0, 30.0])
def test_nothing_in_the_whole_grid_is_cheaper_and_fast_enough(p95_s: float) -> None:
    advice = advised(p95_s)
    enough = [a.bill.per_month for a in grid() if a.result.latency.p95 <= p95_s]
    assert advice.met
    assert advice.best.result.latency.p95 <= p95_s
    assert advice.best.bill.per_month <= min(enough) * 1.001
    assert len(advice.tried) < 150


def test_what_is_cheaper_is_too_slow_and_slow_because_workers_start() -> None:
    advice = advised(2.0)
    assert advice.cheaper is not None
    assert advice.cheaper.bill.per_month < advice.best.bill.per_month
    assert advice.cheaper.result.latency.p95 > 2.0
    assert advised(11.0).binds == "workers started at once"


def test_where_nothing_is_fast_enough_the_fastest_and_what_binds_are_told() -> None:
    advice = asked(service(vad__rtf=0.1), TRAFFIC, 0.1)
    assert not advice.met
    assert advice.best.result.latency.p95 == min(a.result.latency.p95 for a in advice.tried)
    assert advice.binds == "the GPU were twice as fast"


def test_the_front_gets_faster_with_every_dollar() -> None:
    front = advised(11.0).front()
    costs = [answer.bill.per_month for answer in front]
    p95s = [answer.result.latency.p95 for answer in front]
    assert costs == sorted(costs)
    assert p95s == sorted(p95s, reverse=True)


def test_a_faster_gpu_is_taken_when_the_work_is_what_costs() -> None:
    busy = Demand(3000, SHAPES["flat"], Lengths(300.0, 0.2)).traffic(1)
    known = {"asr__rtf__AMPERE_16": 0.1, "asr__rtf__ADA_24": 0.01}
    assert asked(service("asr", **known), busy, 60.0).best.choice.pools == ("ADA_24",)


@pytest.mark.parametrize("scaling", [Scaling(1, 3, 120.0), Scaling(0, 2, 10.0, "REQUEST_COUNT")])
def test_the_lines_it_gives_are_an_endpoint_toml(scaling: Scaling) -> None:
    lines = endpoint_lines(Choice("image", POOLS, scaling))
    spec = EndpointSpec.model_validate(tomllib.loads(lines))
    assert spec.gpu == POOLS
    found = spec.scaling()
    assert (found.workers_min, found.workers_max, found.idle_timeout_s, found.scaler) == (
        scaling.workers_min, scaling.workers_max, scaling.idle_timeout_s, scaling.scaler,
    )  # fmt: skip


def test_pods_are_cheaper_from_the_break_even_on() -> None:
    of = service()

    def scaled(factor: float) -> Traffic:
        return Demand(300 * factor, SHAPES["office"]).traffic(7)

    choice = Choice("image", POOLS[:1], Scaling(0, 3, 60.0))
    points = curve(of, choice, scaled, 30.0)
    crossing = break_even(points)
    assert crossing is not None
    for at, cheaper in ((0.6, "endpoint"), (1.5, "pods")):
        traffic = scaled(crossing / 300 * at)
        endpoint = of.answer(choice, traffic).bill.per_month
        assert (endpoint < of.pods(traffic, 30.0).per_month) is (cheaper == "endpoint")
