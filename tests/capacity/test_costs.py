"""The rule of thumb gives what it is known to give; the whole bill has everything in it."""

from __future__ import annotations

import numpy as np
import pytest

from runpod_emulator.billing import Spell, disk_s
from runpod_emulator.prices import PODS, PRICES, volume_month
from runpod_emulator.scaling import Scaling
from tools.capacity.costs import (
    Storage,
    bill,
    per_month,
    pod_per_month,
    pods_per_month,
    thumb_per_day,
)
from tools.capacity.simulation import simulate
from tools.capacity.traffic import DAY_S, Traffic
from tools.capacity.workers import Gpu, Setup, Shortage, Start, Work

GPU = (Gpu("AMPERE_16", 1.0),)
FLEX, ACTIVE = 0.00016, 0.00011


def one_job(at: float = 10.0, audio_s: float = 2.0) -> Traffic:
    return Traffic(np.array([at]), np.array([audio_s]), DAY_S)


def test_the_worked_example() -> None:
    """2 s x $0.00034 x 1000 requests a day, beside an RTX 4090 as a pod at $0.69 an hour."""
    assert thumb_per_day(2.0, 0.00034, 1000) == pytest.approx(0.68)
    assert per_month(0.68) == pytest.approx(20.40)
    assert PODS["ADA_24"].per_hour == 0.69
    assert pod_per_month(0.69) == pytest.approx(496.80)  # said to be $496: cut off, not rounded
    assert 1 - 20.40 / pod_per_month(0.69) == pytest.approx(0.959, abs=5e-4)  # said to be 96 %+


def test_a_worker_is_billed_from_its_start_through_its_idle_timeout_rounded_up() -> None:
    setup = Setup(GPU, Scaling(0, 1, idle_timeout_s=5.0), Start((8.2, 8.2)))
    found = bill(simulate(one_job(), setup), Storage())
    assert found.flex == pytest.approx(16 * FLEX)  # 8.2 s start, 2 s work, 5 s idle
    assert found.total == found.flex
    assert found.per_audio_hour == pytest.approx(16 * FLEX * 1800)


def test_an_active_worker_is_billed_all_day_at_its_discount_and_others_are_not() -> None:
    twice = Traffic(np.array([10.0, 10.0]), np.array([60.0, 60.0]), DAY_S)
    setup = Setup(GPU, Scaling(1, 2, 5.0, queue_delay_s=4.0), Start((10.0, 10.0)))
    found = bill(simulate(twice, setup), Storage())
    assert found.active == pytest.approx(DAY_S * ACTIVE)
    assert found.discount == pytest.approx(DAY_S * (FLEX - ACTIVE))
    # Two are there from 14 s on, when a job has waited for 4, until 75 s, when one was idle for 5.
    assert found.flex == pytest.approx(61 * FLEX)


def test_disks_are_billed_in_steps_of_five_minutes_and_volumes_always() -> None:
    assert disk_s([Spell(0, 1), Spell(0, 300), Spell(0, 301)]) == 300 + 300 + 600
    setup = Setup(GPU, Scaling(0, 1, idle_timeout_s=5.0), Start((8.0, 8.0)))
    found = bill(simulate(one_job(), setup), Storage(disk_gb=10, volume_gb=10))
    assert found.disk == pytest.approx(10 * 0.10 * 300 / (30 * DAY_S))
    assert per_month(found.volume) == pytest.approx(10 * 0.07)
    assert volume_month(1500) == pytest.approx(1000 * 0.07 + 500 * 0.05)


def test_each_pool_has_its_price() -> None:
    gpus = (Gpu("AMPERE_16", 1.0), Gpu("ADA_24", 1.0))
    many = Traffic(np.arange(0, DAY_S, 600.0), np.full(144, 2.0), DAY_S)
    setup = Setup(gpus, Scaling(0, 1, 5.0), Start((8.0, 8.0)), Work(), Shortage(0.5, 3600.0))
    outcome = simulate(many, setup)
    seconds = dict.fromkeys(("AMPERE_16", "ADA_24"), 0.0)
    for worker in outcome.workers:
        seconds[worker.gpu.pool] += worker.ended - worker.started
    assert all(seconds.values()), "both pools are used"
    expected = sum(seconds[pool] * PRICES[pool].flex for pool in seconds)
    assert bill(outcome, Storage()).flex == pytest.approx(expected, rel=0.05)


def test_pods_have_disks_too() -> None:
    cost = pods_per_month(PODS["AMPERE_48"], 2, Storage(disk_gb=10))
    assert cost == pytest.approx(2 * (0.44 * 720 + 1.00))
