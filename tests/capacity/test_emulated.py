"""The simulation says what the emulator does with the same jobs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from runpod_emulator.billing import Spell, billed_s
from runpod_emulator.pool import LOOK_EVERY_S
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
MANY = replace(FOUR, short_concurrency=64, job_s=0.01)
TOGETHER = replace(MANY, pass_audio_s=5.0)
AT_8 = Start((START_S, START_S))


def traffic(per_day: float, audio_s: float, burst: float = 2.0, minutes: float = 20) -> Traffic:
    """The beginning of a day; some of its jobs come together."""
    day = Demand(per_day, Shape(), Lengths(audio_s, 0.8), burst, 20.0).traffic(1, seed=3)
    begins = day.arrivals < minutes * 60
    return Traffic(day.arrivals[begins], day.audio_s[begins], minutes * 60)


SHORT_AND_LONG = traffic(14_000, 20.0)  # every sixth is long
CLIPS = traffic(500_000, 4.0, burst=10.0, minutes=4)  # one of 300 is
BURSTS = traffic(500_000, 4.0, burst=30.0, minutes=4)
FAST = (Gpu("AMPERE_16", 0.02),)
CASES = {
    "by delay": (Setup(GPU, Scaling(0, 3, 5.0), AT_8, ONE), SHORT_AND_LONG),
    "four at a time": (Setup(GPU, Scaling(0, 2, 10.0), AT_8, FOUR), SHORT_AND_LONG),
    "by count": (
        Setup(GPU, Scaling(0, 3, 5.0, "REQUEST_COUNT", request_count=2), AT_8, ONE),
        SHORT_AND_LONG,
    ),
    "one always there": (Setup(GPU, Scaling(1, 3, 5.0), AT_8, ONE), SHORT_AND_LONG),
    "more while they are short": (Setup(GPU, Scaling(0, 2, 10.0), AT_8, MANY), SHORT_AND_LONG),
    "clips one after the other": (Setup(FAST, Scaling(0, 1, 10.0), AT_8, MANY), CLIPS),
    "clips on two workers": (Setup(GPU, Scaling(0, 2, 10.0), AT_8, MANY), BURSTS),
    "clips together": (Setup(FAST, Scaling(0, 1, 10.0), AT_8, TOGETHER), CLIPS),
}


@pytest.mark.parametrize("name", CASES)
def test_waits_and_bills_are_those_of_the_emulator(name: str) -> None:
    setup, jobs = CASES[name]
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
        assert found.p95 == pytest.approx(expected.p95, rel=0.2, abs=LOOK_EVERY_S)
    billed = billed_s(Spell(worker.started, worker.ended) for worker in ours.workers)
    assert billed == pytest.approx(billed_s(pool.ended), rel=0.1)


def test_a_worker_that_took_few_clips_at_a_time_would_let_them_wait() -> None:
    setup, jobs = CASES["clips one after the other"]
    few = simulate(jobs, replace(setup, work=replace(setup.work, short_concurrency=None)))
    many = simulate(jobs, setup)
    assert (few.begun - jobs.arrivals).mean() > 100 * (many.begun - jobs.arrivals).mean()
    assert (few.done - jobs.arrivals).mean() > 10 * (many.done - jobs.arrivals).mean()


def _starts(at_once: int) -> Iterator[float]:
    return itertools.chain([0.0] * at_once, itertools.repeat(START_S))
