"""An endpoint that is in use: its queue, who waits for it to change, and who works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from runpod_emulator.clock import Clock
from runpod_emulator.endpoint import Queue
from runpod_emulator.rates import Meter
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store

T = TypeVar("T")

QUEUE = "queue"  # the topic of who waits for jobs
WORKER_STATES = ("idle", "initializing", "ready", "running", "throttled", "unhealthy")
SEEN_S = 100.0  # longer than a worker's longest poll


class Live:
    """An endpoint in use.

    Args:
        settings: what it is.
        clock: the time.
        store: keeps the jobs, if they are to outlive this process.

    Attributes:
        seen: when each worker last said something.
        first_seen: when it first did.
        to_leave: workers whose last result asked for their own end.
        starting: workers that were started and have not said anything yet.
        unhealthy: workers that said so at their start, and why.
        meter: what callers asked lately.
        on_taken: told of the worker that was handed jobs, and how many.
        owns: whether a worker is one that may be handed jobs.
    """

    def __init__(
        self, settings: EndpointSettings, clock: Clock, store: Store | None = None
    ) -> None:
        self.settings, self.clock, self._store = settings, clock, store
        self.queue = Queue(settings.rules)
        if store:
            self.queue.restore(store.load(settings.id), clock.now())
        self.seen: dict[str, float] = {}
        self.first_seen: dict[str, float] = {}
        self.to_leave: set[str] = set()
        self.starting: set[str] = set()
        self.unhealthy: dict[str, str] = {}
        self.meter = Meter(settings.rates)
        self.on_taken: Callable[[str, int], None] = lambda worker, jobs: None
        self.owns: Callable[[str], bool] = lambda worker: True
        self._topics: dict[str, asyncio.Event] = {}
        self._closed = False

    def workers(self) -> dict[str, int]:
        """The ``workers`` of ``/health``."""
        now = self.clock.now()
        recent = {name for name, at in self.seen.items() if now - at < SEEN_S} - set(self.unhealthy)
        running = len(recent & self.busy())
        counts = dict.fromkeys(WORKER_STATES, 0)
        return counts | {
            "running": running,
            "idle": len(recent) - running,
            "initializing": len(self.starting),
            "ready": len(recent),
            "unhealthy": len(self.unhealthy),
        }

    def busy(self) -> set[str | None]:
        """The workers that have jobs."""
        return {job.worker for job in self.queue.running.values()}

    def now(self) -> float:
        """The time, everything that is due by now being done."""
        now = self.clock.now()
        if self.queue.tick(now):
            self.changed()
        return now

    def heard(self, worker: str) -> None:
        """A worker said something."""
        self.seen[worker] = self.clock.now()
        self.first_seen.setdefault(worker, self.seen[worker])

    def forget(self, worker: str, now: float) -> None:
        """A worker has ended."""
        self.seen.pop(worker, None)
        self.first_seen.pop(worker, None)
        self.to_leave.discard(worker)
        self.queue.gone(worker, now)
        self._let_go(worker)

    def drain(self, worker: str) -> None:
        """Give a worker no more jobs; if it waits for one, it need not."""
        self.queue.draining.add(worker)
        self._let_go(worker)

    def changed(self) -> None:
        """Keep what changed, and wake everybody who waits for that."""
        topics = [*self.save(), *self.queue.stops]
        for topic in topics if not self.queue.waiting else [*topics, QUEUE]:
            self._wake(topic)

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        for topic in list(self._topics):
            self._wake(topic)

    def save(self) -> list[str]:
        """Keep what changed; returns the ids of the jobs that did."""
        touched, self.queue.touched = list(self.queue.touched), {}
        if self._store and touched:
            jobs = self.queue.jobs
            self._store.save(
                self.settings.id,
                [jobs[job_id] for job_id in touched if job_id in jobs],
                [job_id for job_id in touched if job_id not in jobs],
            )
        return touched

    async def until(self, topic: str, ready: Callable[[], T | None], seconds: float) -> T | None:
        """What ``ready`` gives as soon as it gives something.

        Args:
            topic: what it depends on, after each change of which it is asked again: a job's id, a
                worker's id, or ``QUEUE``.
            ready: gives something, or None.
            seconds: how long it is asked.

        Returns:
            None after so many seconds without.
        """
        deadline = self.clock.now() + seconds
        while True:
            self.now()
            if (found := ready()) is not None:
                return found
            left = deadline - self.clock.now()
            if left <= 0 or self._closed:
                return None
            due = self.queue.next_due()
            wait = left if due is None else min(left, max(0.0, due - self.clock.now()))
            await self.clock.wait(self._topics.setdefault(topic, asyncio.Event()), wait)

    def _let_go(self, worker: str) -> None:
        self.changed()
        for topic in (worker, QUEUE):
            self._wake(topic)

    def _wake(self, topic: str) -> None:
        if event := self._topics.pop(topic, None):
            event.set()
