"""What happens to single jobs, to the second: starts, queues, places, pauses, shortages, ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runpod_emulator.scaling import Scaling
from shared.worker.room import IN_WORK
from tools.capacity.results import levels, result
from tools.capacity.simulation import Outcome, simulate
from tools.capacity.traffic import DAY_S, Demand, Traffic
from tools.capacity.workers import Gpu, Setup, Shortage, Start, Work

ONE = Setup((Gpu("AMPERE_16", 1.0),), Scaling(0, 1, idle_timeout_s=5.0), Start((8.0, 8.0)))


def jobs(*arrivals: float, audio_s: float | list[float] = 2.0) -> Traffic:
    return Traffic(np.array(arrivals), np.full(len(arrivals), audio_s), 100.0)


def begun(traffic: Traffic, setup: Setup) -> list[float]:
    return [round(float(at), 3) for at in simulate(traffic, setup).begun]


def test_the_first_job_waits_for_a_start_and_the_next_finds_a_worker() -> None:
    outcome = simulate(jobs(10, 22), ONE)
    assert outcome.begun.tolist() == [18, 22]
    assert outcome.cold.tolist() == [True, False]
    assert [(w.started, w.ready, w.ended, w.busy_s) for w in outcome.workers] == [(10, 18, 29, 4)]


def test_a_job_after_the_idle_timeout_waits_again() -> None:
    assert begun(jobs(10, 25.1), ONE) == [18, 33.1]


def test_another_worker_is_added_when_a_job_has_waited_too_long() -> None:
    setup = replace(ONE, scaling=Scaling(1, 2, 5.0, queue_delay_s=4.0))
    # The second waits behind 60 s of work; after 4 s a worker is added, which starts in 8.
    assert begun(jobs(10, 11, audio_s=60.0), setup) == [10, 23]


def test_request_count_adds_as_many_as_the_jobs_are_worth_at_once() -> None:
    scaling = Scaling(0, 3, 5.0, "REQUEST_COUNT", request_count=1)
    assert begun(jobs(10, 10, 10, audio_s=60.0), replace(ONE, scaling=scaling)) == [18, 18, 18]


def test_a_worker_fetches_side_by_side_and_computes_one_after_the_other() -> None:
    work = Work(concurrency=4, overhead_s=1.0)
    outcome = simulate(jobs(10, 10, 10), replace(ONE, work=work))
    assert outcome.begun.tolist() == [18, 18, 18]
    assert outcome.done.tolist() == [21, 23, 25]


def test_the_sdk_pauses_for_a_second_when_it_has_all_it_may_have() -> None:
    setup = replace(ONE, work=Work(pause_s=1.0))
    assert begun(jobs(10, 10, 10, audio_s=0.1), setup) == [18, 19, 20]
    assert begun(jobs(10, 10, audio_s=2.5), setup) == [18, 21]


def test_the_sdk_counts_what_it_has_not_begun_with_twice() -> None:
    setup = replace(ONE, work=Work(concurrency=4, pause_s=1.0))
    # It has room for four and takes two, and believes that it is full.
    assert begun(jobs(10, 10, 18.5, audio_s=0.1), setup) == [18, 18, 19]


MANY = replace(
    ONE,
    scaling=Scaling(0, 1, idle_timeout_s=60.0),
    work=Work(concurrency=2, short_concurrency=6, pause_s=1.0),
)


def test_a_worker_takes_many_jobs_once_it_has_seen_that_they_are_short() -> None:
    assert begun(jobs(*[10] * 10, audio_s=0.1), MANY) == [*[18] * 2, *[19] * 6, *[20] * 2]


def test_it_takes_few_while_they_are_long() -> None:
    assert begun(jobs(10, 10, 10, 10, audio_s=31.0), MANY) == [18, 18, 49, 80]


def test_it_takes_no_more_before_it_has_none_left() -> None:
    # After a second one of the first two is done, and after 20 the other: which kept the third.
    found = begun(jobs(*[10] * 10, audio_s=[0.1, 20.0, *[0.1] * 8]), MANY)
    assert found == [18, 18, 19, *[39] * 6, 40]


def test_a_worker_that_asks_in_vain_sees_anew_how_many_it_may_have() -> None:
    setup = replace(MANY, work=replace(MANY.work, concurrency=3))
    # At 19 it asks again, may have three, and waits for 8 s before it sees that it may have six.
    assert begun(jobs(10, 19, *[26] * 4, audio_s=0.1), setup) == [18, 19, 26, 26, 27, 27]
    assert begun(jobs(10, 19, *[28] * 4, audio_s=0.1), setup) == [18, 19, *[28] * 4]


def test_short_jobs_that_wait_together_share_a_pass_and_a_long_one_has_its_own() -> None:
    setup = replace(ONE, work=Work(concurrency=9, job_s=0.25, pass_audio_s=1.0))
    together = simulate(jobs(10, 10, 10), setup)
    assert together.done.tolist() == [18 + 1 + 3 * 2.25] * 3
    apart = simulate(jobs(10, 10, 10, audio_s=[2.0, 40.0, 2.0]), setup)
    assert apart.done.tolist() == [21.25, 61.5, 64.75]


def test_who_comes_during_a_pass_is_in_the_next() -> None:
    setup = replace(ONE, work=Work(concurrency=9, pass_audio_s=1.0))
    assert simulate(jobs(10, 19, 20, audio_s=1.0), setup).done.tolist() == [20, 23, 23]


def test_so_many_recordings_are_in_work_and_the_next_is_not_even_fetched() -> None:
    setup = replace(ONE, work=Work(concurrency=99, overhead_s=1.0))
    outcome = simulate(jobs(*[10] * (IN_WORK + 1), audio_s=0.01), setup)
    assert outcome.begun.tolist() == [18] * (IN_WORK + 1)
    assert outcome.done[0] == pytest.approx(19.01)
    assert outcome.done[-1] == pytest.approx(19.01 + 1.01)


def test_a_start_waits_for_a_gpu_unbilled() -> None:
    setup = replace(ONE, shortage=Shortage(share=0.5, spell_s=200.0))
    late = jobs(*np.arange(0, 50_000, 500.0))
    outcome = simulate(replace(late, period_s=50_000.0), setup)
    waits = outcome.begun - outcome.traffic.arrivals
    assert 0.3 < (waits > 9).mean() < 0.7
    # Seen from any moment within it, an exponential spell goes on for its mean.
    assert (waits[waits > 9] - 8).mean() == pytest.approx(200, rel=0.5)
    assert all(worker.ready - worker.started == pytest.approx(8) for worker in outcome.workers)


def test_flashboot_shortens_its_share_of_the_starts() -> None:
    start = Start((8.0, 8.0), (1.0, 1.0), hits=0.75)
    outcome = simulate(Demand(1000).traffic(7), replace(ONE, start=start))
    took = np.array([worker.ready - worker.started for worker in outcome.workers])
    assert (np.isclose(took, 1)).mean() == pytest.approx(0.75, abs=0.03)
    assert (np.isclose(took, 8)).sum() == (~np.isclose(took, 1)).sum()


def test_what_is_drawn_is_the_same_for_the_same_seed() -> None:
    setup = replace(ONE, start=Start((5.0, 13.0)), shortage=Shortage(0.2))
    traffic = Demand(500, burst=4).traffic(3, seed=5)
    one, same, other = (simulate(traffic, setup, seed) for seed in (1, 1, 2))
    assert one.begun.tolist() == same.begun.tolist() != other.begun.tolist()


setups = st.builds(
    Setup,
    gpus=st.just((Gpu("AMPERE_16", 0.5), Gpu("AMPERE_24", 0.3))),
    scaling=st.builds(
        lambda least, more, idle, scaler, delay: Scaling(least, least + more, idle, scaler, delay),
        st.integers(0, 2), st.integers(1, 3), st.sampled_from([0.0, 1.0, 30.0]),
        st.sampled_from(["QUEUE_DELAY", "REQUEST_COUNT"]), st.sampled_from([0.5, 4.0]),
    ),
    start=st.just(Start((2.0, 9.0), (0.5, 1.0), 0.3)),
    work=st.builds(
        Work, st.integers(1, 5), st.integers(1, 2), st.sampled_from([0.0, 0.3]), st.just(0.01),
        st.sampled_from([0.0, 1.0]), st.sampled_from([2.0, 8.0]), st.sampled_from([None, 40]),
        st.sampled_from([0.0, 0.05]), st.sampled_from([0.0, 0.5]),
    ),
    shortage=st.sampled_from([Shortage(), Shortage(0.3, 60.0)]),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(setup=setups, per_day=st.sampled_from([300.0, 5_000.0]), seed=st.integers(0, 99))
def test_every_job_is_done_once_in_order_and_no_limit_is_broken(
    setup: Setup, per_day: float, seed: int
) -> None:
    day = Demand(per_day, burst=3.0).traffic(1, seed)
    traffic = Traffic(day.arrivals[:300], day.audio_s[:300] / 10, DAY_S)
    outcome: Outcome = simulate(traffic, setup, seed)
    work, scaling = setup.work, setup.scaling
    passes = np.array([work.pass_of(audio_s) for audio_s in traffic.audio_s])
    least = work.overhead_s + work.job_s + 0.3 * passes + (work.fetch_rtf + 0.3) * traffic.audio_s
    assert (outcome.begun >= traffic.arrivals).all()
    assert (np.diff(outcome.begun) >= 0).all(), "first come, first served"
    assert (outcome.done - outcome.begun >= least - 1e-6).all()
    at_once = levels(outcome.begun, outcome.done)[1].max()
    assert at_once <= scaling.workers_max * (work.short_concurrency or work.concurrency)
    found = result(outcome)
    assert scaling.workers_min <= found.most_workers <= scaling.workers_max
    assert all(w.started <= w.ready <= w.ended for w in outcome.workers)
    assert 0 <= found.busy_share + found.start_share <= 1 + 1e-9


def test_a_worker_that_had_to_stay_leaves_when_it_may_and_not_before() -> None:
    scaling = Scaling(1, 2, 5.0, "REQUEST_COUNT", request_count=1)
    setup = replace(ONE, scaling=scaling, work=Work(concurrency=2))
    outcome = simulate(jobs(50, 50, audio_s=30.0), setup)
    # Idle from 0 to 50, it takes both jobs; a second worker is started for nothing, at 50.
    assert [(w.started, w.ended) for w in outcome.workers] == [(0, 110), (50, 63)]
