"""Which job is due next, found without looking at all of them."""

from __future__ import annotations

import heapq


class Timetable:
    """A time for each job; setting another one replaces it."""

    def __init__(self) -> None:
        self._times: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []  # holds replaced times too, until they come up

    def set(self, job_id: str, at: float) -> None:
        """The job is due then, and no longer at another time."""
        if self._times.get(job_id) != at:
            self._times[job_id] = at
            heapq.heappush(self._heap, (at, job_id))

    def drop(self, job_id: str) -> None:
        """The job is never due."""
        self._times.pop(job_id, None)

    def next(self) -> float | None:
        """When the first job is due; None if there is none."""
        while self._heap:
            at, job_id = self._heap[0]
            if self._times.get(job_id) == at:
                return at
            heapq.heappop(self._heap)
        return None

    def pop(self, now: float) -> str | None:
        """A job that is due by now, which then is no longer; None if there is none."""
        at = self.next()
        if at is None or at > now:
            return None
        _, job_id = heapq.heappop(self._heap)
        self.drop(job_id)
        return job_id
