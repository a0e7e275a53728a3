"""Where queueing theory has a formula, the simulation agrees within its own standard error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from runpod_emulator.scaling import Scaling
from tools.capacity.results import result
from tools.capacity.simulation import Outcome, simulate
from tools.capacity.traffic import Seconds, Traffic
from tools.capacity.workers import Gpu, Setup, Start, Work

JOBS, BATCHES, SIGMAS = 200_000, 40, 4.0
AT_ONCE = Start((0.0, 0.0))


def poisson(rate: float, jobs: int = JOBS) -> Traffic:
    """Exponential gaps, and exponential work of 1 s in the mean on a GPU whose rtf is 1."""
    rng = np.random.default_rng(7)
    arrivals = np.cumsum(rng.exponential(1 / rate, jobs))
    return Traffic(arrivals, rng.exponential(1.0, jobs), float(arrivals[-1]))


def always(workers: int, work: Work | None = None) -> Setup:
    return Setup((Gpu("AMPERE_16", 1.0),), Scaling(workers, workers), AT_ONCE, work or Work())


def agrees(values: Seconds, of: Callable[[Seconds], float], expected: float) -> None:
    """Batch means: what waits beside each other is alike, so batches are what is independent.

    The tolerance has to be small itself, or the comparison would mean nothing.
    """
    batches = np.array([of(batch) for batch in np.array_split(values, BATCHES)])
    tolerance = SIGMAS * batches.std(ddof=1) / math.sqrt(BATCHES)
    assert tolerance < 0.2 * expected
    assert batches.mean() == pytest.approx(expected, abs=tolerance)


def waits(outcome: Outcome) -> Seconds:
    found: Seconds = outcome.begun - outcome.traffic.arrivals
    return found


def erlang_c(workers: int, load: float) -> float:
    """The chance to wait in M/M/c; Erlang's C formula, by way of his B formula."""
    blocked = 1.0
    for count in range(1, workers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - load / workers * (1 - blocked))


def p95(values: Seconds) -> float:
    return float(np.quantile(values, 0.95))


@pytest.mark.parametrize(("workers", "use"), [(1, 0.6), (3, 0.75), (10, 0.8)])
def test_waits_are_those_of_m_m_c(workers: int, use: float) -> None:
    outcome = simulate(poisson(use * workers), always(workers))
    chance, spare = erlang_c(workers, use * workers), workers * (1 - use)
    agrees(waits(outcome), np.mean, chance / spare)
    agrees(waits(outcome), p95, math.log(chance / 0.05) / spare)
    agrees(outcome.done - outcome.traffic.arrivals, np.mean, chance / spare + 1)


def test_a_worker_with_lanes_is_as_many_workers() -> None:
    outcome = simulate(poisson(2.25), always(1, Work(concurrency=3, lanes=3)))
    agrees(waits(outcome), np.mean, erlang_c(3, 2.25) / 0.75)


def test_jobs_that_share_a_lane_wait_for_it_on_the_worker() -> None:
    """M/G/1, seen from outside: with many places and one lane nobody waits in RunPod's queue."""
    outcome = simulate(poisson(0.6, 100_000), always(1, Work(concurrency=1000)))
    assert waits(outcome).max() == 0
    agrees(outcome.done - outcome.traffic.arrivals, np.mean, 1 / (1 - 0.6))


def test_jobs_that_share_passes_wait_for_the_one_they_missed() -> None:
    """M/D/1 with service in bulk: half a pass if one is on when a job comes, and its own."""
    rate = 1.5
    traffic = replace(poisson(rate), audio_s=np.full(JOBS, 1e-9))
    outcome = simulate(traffic, always(1, Work(concurrency=100, pass_audio_s=1.0)))
    none_came = math.exp(-rate)  # during a pass; then the worker is idle until the next job
    idle = none_came / (rate + none_came)
    agrees(outcome.done - outcome.traffic.arrivals, np.mean, 1 + (1 - idle) / 2)


@pytest.mark.parametrize("start_s", [2.0, 10.0])
def test_a_worker_that_starts_for_each_busy_period(start_s: float) -> None:
    """M/G/1 with set-up times, after Takagi (1991): the mean wait, and how long it is on."""
    rate, scaling = 0.5, Scaling(0, 1, idle_timeout_s=0.0)
    setup = Setup((Gpu("AMPERE_16", 1.0),), scaling, Start((start_s, start_s)))
    outcome = simulate(poisson(rate, 100_000), setup)
    begun_off = (2 * start_s + rate * start_s**2) / (2 * (1 + rate * start_s))
    agrees(waits(outcome), np.mean, rate * 2 / (2 * (1 - rate)) + begun_off)
    on = sum(worker.ended - worker.started for worker in outcome.workers) / outcome.end
    assert on == pytest.approx(1 - (1 - rate) / (1 + rate * start_s), rel=0.02)


def test_an_idle_timeout_keeps_the_share_of_gaps_that_are_shorter() -> None:
    """Jobs that take no time: one finds its worker gone if the gap before was longer."""
    traffic = Traffic(poisson(0.1, 50_000).arrivals, np.full(50_000, 1e-6), 5e5)
    setup = Setup((Gpu("AMPERE_16", 1e-3),), Scaling(0, 1, idle_timeout_s=10.0), AT_ONCE)
    found = result(simulate(traffic, setup))
    assert found.starts / found.jobs == pytest.approx(math.exp(-0.1 * 10), rel=0.02)
