"""A restart loses no job and doubles none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runpod_emulator.clock import VirtualClock
from runpod_emulator.endpoint import Queue
from runpod_emulator.jobs import Job, State
from runpod_emulator.live import Live
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store


@contextmanager
def running(file: Path) -> Iterator[Live]:
    """An endpoint whose jobs are in that file."""
    with Store(file) as store:
        yield Live(EndpointSettings("ep"), VirtualClock(), store)


def test_jobs_of_every_state_are_there_again(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with running(file) as live:
        queue, now = live.queue, live.now()
        jobs = [queue.submit({"input": {"n": n}, "webhook": "https://x"}, now) for n in range(4)]
        queue.take("w", 3, now)
        queue.done("w", jobs[0].id, {"output": [1, None, "é"]}, now)
        queue.stream("w", jobs[1].id, {"output": 1}, now)
        queue.cancel(jobs[2], now)
        live.changed()
    with running(file) as live:
        assert list(live.queue.jobs) == [job.id for job in jobs]
        assert [job.public() for job in live.queue.jobs.values()] == [job.public() for job in jobs]
        assert live.queue.jobs[jobs[1].id].chunks == [{"output": 1}]
        assert live.queue.jobs[jobs[3].id].extras == {"webhook": "https://x"}


def test_what_was_forgotten_stays_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with running(file) as live:
        live.queue.submit({"input": {"a": 1}}, live.now())
        live.changed()
        live.queue.purge()
        live.changed()
    with running(file) as live:
        assert not live.queue.jobs


def test_a_worker_that_outlived_the_restart_may_finish_its_job(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    with running(file) as live:
        job = live.queue.submit({"input": {"a": 1}}, live.now())
        live.queue.take("w", 1, live.now())
        live.changed()
    with running(file) as live:
        live.queue.tick(live.now() + 39)
        assert live.queue.done("w", job.id, {"output": 2}, live.now() + 39) == "completed"
        assert live.queue.jobs[job.id].retries == 0


def act(queue: Queue, action: str, job: Job, worker: str, now: float) -> None:
    """Something that may happen to an endpoint."""
    happens: dict[str, Callable[[], object]] = {
        "submit": lambda: queue.submit({"input": {"a": 1}}, now),
        "take": lambda: queue.take(worker, 2, now),
        "done": lambda: queue.done(worker, job.id, {"output": 1}, now),
        "fail": lambda: queue.done(worker, job.id, {"error": "x"}, now),
        "progress": lambda: queue.done(worker, job.id, {"status": "IN_PROGRESS"}, now),
        "stream": lambda: queue.stream(worker, job.id, 1, now),
        "ping": lambda: queue.alive(worker, [job.id], now),
        "gone": lambda: queue.gone(worker, now),
        "cancel": lambda: queue.cancel(job, now),
        "time": lambda: queue.tick(now),
    }
    happens[action]()


ACTIONS = st.sampled_from(
    ["submit", "take", "done", "fail", "progress", "stream", "ping", "gone", "cancel", "time"]
)
STEPS = st.lists(st.tuples(ACTIONS, st.integers(0, 3), st.integers(0, 3)), max_size=60)


@given(STEPS)
def test_whatever_happens_a_job_ends_once_and_is_handed_out_twice_at_most(
    steps: list[tuple[str, int, int]],
) -> None:
    queue, now, ends = Queue(), 0.0, dict[str, State]()
    for action, which, who in steps:
        jobs = list(queue.jobs.values()) or [queue.submit({"input": {"a": 1}}, now)]
        now += 15.0 if action == "time" else 0.1
        act(queue, action, jobs[which % len(jobs)], f"w{who}", now)
        for job in queue.jobs.values():
            assert job.dispatches <= 2
            assert (job.state is State.IN_PROGRESS) <= (job.worker is not None)
            if job.state.final:
                assert ends.setdefault(job.id, job.state) is job.state
        assert not set(ends) - set(queue.jobs), "no result is forgotten before its time"
