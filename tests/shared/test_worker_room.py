"""A worker takes many jobs only while they are short, and a long one never keeps them waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from shared.audio import Recording
from shared.spec import WorkerSpec
from shared.worker.job import JobHandler
from shared.worker.room import IN_WORK, Room
from tests.shared.peak import SPEC, PeakEngine, PeakRequest, service, sound
from tests.waiting import until

FEW, MANY = 3, 20
LONG = sound(seconds=45)  # two blocks


@pytest.fixture
def room() -> Room:
    return Room(WorkerSpec(concurrency=FEW, short_concurrency=MANY, max_result_bytes=1))


def recording(room: Room, *, long: bool = False) -> None:
    with room.recording() as further:
        if long:
            further()


def test_a_worker_takes_few_jobs_until_it_has_seen_that_they_are_short(room: Room) -> None:
    assert room.jobs == FEW
    recording(room)
    recording(room, long=True)
    assert room.jobs == FEW
    recording(room)
    assert room.jobs == MANY, "a long one now and then does not count"


def test_if_long_ones_follow_each_other_it_takes_few_again(room: Room) -> None:
    for _ in range(FEW):
        recording(room)
    recording(room, long=True)
    assert room.jobs == MANY
    recording(room, long=True)
    assert room.jobs == FEW


def test_a_recording_that_fails_leaves_its_place(room: Room) -> None:
    for _ in range(2 * FEW):
        with suppress(KeyError), room.recording() as further:
            further()
            further()  # also for the recording of a voice
            raise KeyError


def test_so_many_long_recordings_go_on_at_a_time_and_no_more(room: Room) -> None:
    inside, end = threading.Semaphore(0), threading.Event()

    def long() -> None:
        with room.recording() as further:
            further()
            inside.release()
            end.wait(10)

    with ThreadPoolExecutor(FEW + 1) as jobs:
        for _ in range(FEW + 1):
            jobs.submit(long)
        for _ in range(FEW):
            assert inside.acquire(timeout=10)
        recording(room)  # a short one needs no place
        assert not inside.acquire(blocking=False)
        end.set()
        assert inside.acquire(timeout=10)


class SlowEngine(PeakEngine):
    """Waits after each block until it may go on.

    Attributes:
        at_work: recordings that are in the engine.
        most: at one time.
        further: those of them that have got a second block.
    """

    def __init__(self) -> None:
        self.at_work = self.most = self.further = 0
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def run(self, recording: Recording, request: PeakRequest, *_: object) -> Mapping[str, object]:
        with self._counted():
            for number, _block in enumerate(recording):
                with self._lock:
                    self.further += number
                if request.wait:
                    self.go_on.wait(20)
        return {"peak": 0.0}

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        try:
            yield
        finally:
            with self._lock:
                self.at_work -= 1


def job(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": str(number), "input": fields}


def test_short_jobs_are_answered_while_more_long_ones_are_in_work_than_may_go_on() -> None:
    engine = SlowEngine()
    handler = JobHandler(service(engine), engine)

    async def scenario() -> None:
        long = [
            asyncio.create_task(handler.handle(job(number, audio=LONG, wait=True)))
            for number in range(SPEC.worker.concurrency + 2)
        ]
        while engine.at_work < len(long):
            await asyncio.sleep(0.01)
        for number in range(5):
            assert "peak" in await handler.handle(job(number, audio=sound()))
        assert not any(task.done() for task in long)
        engine.go_on.set()
        assert all("peak" in answer for answer in await asyncio.gather(*long))

    asyncio.run(scenario())


def test_so_many_recordings_are_in_work_however_many_jobs_there_are() -> None:
    engine = SlowEngine()
    handler = JobHandler(service(engine), engine)

    async def scenario() -> None:
        jobs = [
            asyncio.create_task(handler.handle(job(number, audio=sound(), wait=True)))
            for number in range(2 * IN_WORK)
        ]
        while engine.at_work < IN_WORK:
            await asyncio.sleep(0.01)
        engine.go_on.set()
        assert all("peak" in answer for answer in await asyncio.gather(*jobs))

    asyncio.run(scenario())
    assert engine.most == IN_WORK


def test_a_cancelled_job_leaves_its_place_to_another() -> None:
    engine = SlowEngine()
    handler = JobHandler(service(engine), engine)

    async def scenario() -> None:
        jobs = [
            asyncio.create_task(handler.handle(job(number, audio=LONG, wait=True)))
            for number in range(SPEC.worker.concurrency)
        ]
        while engine.at_work < len(jobs):
            await asyncio.sleep(0.01)
        for task in jobs:
            task.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        assert handler.room.jobs == SPEC.worker.concurrency, "nothing is in work any more"
        engine.go_on.set()
        assert "peak" in await handler.handle(job(9, audio=LONG))

    asyncio.run(scenario())
    until(lambda: not engine.at_work)
    assert engine.further == 1, "of the next job; the cancelled ones ended after their first block"
