"""An endpoint that is in use: its queue, who waits for it to change, and who works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from runpod_emulator.clock import Clock
from runpod_emulator.endpoint import Queue
from runpod_emulator.jobs import State
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store

T = TypeVar("T")

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
        to_leave: workers whose last result asked for their own end.
        unhealthy: workers that said so at their start, and why.
    """

    def __init__(
        self, settings: EndpointSettings, clock: Clock, store: Store | None = None
    ) -> None:
        self.settings, self.clock, self._store = settings, clock, store
        self.queue = Queue(settings.rules)
        if store:
            self.queue.restore(store.load(settings.id), clock.now())
        self.seen: dict[str, float] = {}
        self.to_leave: set[str] = set()
        self.unhealthy: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def workers(self) -> dict[str, int]:
        """The ``workers`` of ``/health``."""
        now = self.clock.now()
        recent = {name for name, at in self.seen.items() if now - at < SEEN_S} - set(self.unhealthy)
        busy = {job.worker for job in self.queue.jobs.values() if job.state is State.IN_PROGRESS}
        running = len(recent & busy)
        counts = dict.fromkeys(WORKER_STATES, 0)
        return counts | {
            "running": running,
            "idle": len(recent) - running,
            "ready": len(recent),
            "unhealthy": len(self.unhealthy),
        }

    def now(self) -> float:
        """The time, everything that is due by now being done."""
        now = self.clock.now()
        if self.queue.tick(now):
            self.changed()
        return now

    def forget(self, worker: str, now: float) -> None:
        """A worker has ended."""
        self.seen.pop(worker, None)
        self.to_leave.discard(worker)
        self.queue.gone(worker, now)
        self.changed()

    def changed(self) -> None:
        """Keep what changed, and wake everybody who waits for a change."""
        self.save()
        event, self._changed = self._changed, asyncio.Event()
        event.set()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        self.changed()

    def save(self) -> None:
        """Keep what changed."""
        touched, self.queue.touched = dict.fromkeys(self.queue.touched), []
        if self._store and touched:
            jobs = self.queue.jobs
            self._store.save(
                self.settings.id,
                [jobs[job_id] for job_id in touched if job_id in jobs],
                [job_id for job_id in touched if job_id not in jobs],
            )

    async def until(self, ready: Callable[[], T | None], seconds: float) -> T | None:
        """What ``ready`` gives as soon as it gives something, asked again after each change.

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
            await self.clock.wait(self._changed, wait)
