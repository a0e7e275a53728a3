"""The simulation says what the emulator does with the same jobs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from runpod_emulator.billing import Spell, billed_s
from runpod_emulator.scaling import Scaling
from tests.capacity.emulated import send
from tests.capacity.simulated_time import run
from tools.capacity.results import Percentiles
from tools.capacity.simulation import simulate
from tools.capacity.traffic import Demand, Lengths, Shape, Traffic
from tools.capacity.workers import Gpu, Setup, Start, Work

START_S = 8.0
GPU = (Gpu("AMPERE_16", 0.05),)
ONE = Work(overhead_s=0.3, pause_s=1.0)
FOUR = Work(concurrency=4, overhead_s=0.3, pause_s=1.0)

SETUPS = {
    "by delay": Setup(GPU, Scaling(0, 3, 5.0), Start((START_S, START_S)), ONE),
    "four at a time": Setup(GPU, Scaling(0, 2, 10.0), Start((START_S, START_S)), FOUR),
    "by count": Setup(
        GPU, Scaling(0, 3, 5.0, "REQUEST_COUNT", request_count=2), Start((START_S, START_S)), ONE
    ),
    "one always there": Setup(GPU, Scaling(1, 3, 5.0), Start((START_S, START_S)), ONE),
}


def traffic(per_day: float, minutes: float, burst: float) -> Traffic:
    """The beginning of a day: jobs of 20 s of audio in the mean, some of them together."""
    day = Demand(per_day, Shape(), Lengths(20.0, 0.8), burst, 20.0).traffic(1, seed=3)
    begins = day.arrivals < minutes * 60
    return Traffic(day.arrivals[begins], day.audio_s[begins], minutes * 60)


@pytest.mark.parametrize("name", SETUPS)
def test_waits_and_bills_are_those_of_the_emulator(name: str) -> None:
    setup, jobs = SETUPS[name], traffic(14_000, 20, 2.0)
    ours = simulate(jobs, setup)
    # Those that are always there are up when the first job comes.
    theirs, pool = run(send(jobs, setup, _starts(setup.scaling.workers_min)))

    delays = np.array([job["delayTime"] for job in theirs]) / 1000
    took = np.array([job["executionTime"] for job in theirs]) / 1000
    for mine, emulated in (
        (ours.begun - jobs.arrivals, delays),
        (ours.done - jobs.arrivals, delays + took),
    ):
        found, expected = Percentiles.of(mine), Percentiles.of(emulated)
        assert found.mean == pytest.approx(expected.mean, rel=0.1)
        assert found.p95 == pytest.approx(expected.p95, rel=0.2)
    billed = billed_s(Spell(worker.started, worker.ended) for worker in ours.workers)
    assert billed == pytest.approx(billed_s(pool.ended), rel=0.1)


def _starts(at_once: int) -> Iterator[float]:
    return itertools.chain([0.0] * at_once, itertools.repeat(START_S))
