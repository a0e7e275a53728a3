"""A worker at work: for how many jobs it asks, and when it computes which of those it has.

How many it takes is ``shared.worker.room``'s rule, and when that changes RunPod's SDK's. What is
fetched waits for a lane. Short jobs that wait together are computed together, which takes one pass
through the networks in place of many; a long one is computed by itself.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from shared.audio import BLOCK_S
from shared.worker.room import IN_WORK, Places
from tools.capacity.workers import Gpu, Work

_ROUNDING = 1e-9

_Job = tuple[int, float]  # its number, and the seconds of its audio


@dataclass(slots=True, eq=False)
class Worker:
    """A worker, until and after its end.

    Attributes:
        gpu: what it has.
        work: how it works.
        started: from when on it is billed.
        ready: when it first asked for a job.
        ended: when it left.
        busy_s: how long it had a job.
        busy_since: when it last got a job, having none.
        held: how many jobs it has.
        room: for how many jobs it asks, or will when it next looks.
        asked: since when it does so.
        wakes: when it will see whether it can compute.
    """

    gpu: Gpu
    work: Work
    started: float
    ready: float = math.inf
    ended: float = math.inf
    busy_s: float = 0.0
    busy_since: float = 0.0
    held: int = 0
    room: int = 0
    asked: float = 0.0
    wakes: float = math.inf
    _places: Places = field(init=False)
    _most: int = 0  # jobs that it may have
    _in_work: int = 0
    _taken: deque[_Job] = field(default_factory=deque)  # whose fetching has not begun
    _fetched: list[tuple[float, _Job]] = field(default_factory=list)  # a heap: from when on
    _ends: list[float] = field(default_factory=list)  # of what is computed

    def __post_init__(self) -> None:
        """It knows nothing of its jobs yet."""
        few = self.work.concurrency
        self._places = Places(few, self.work.short_concurrency or few)

    def look(self) -> None:
        """See how many more jobs it may have.

        The SDK asks for another number only while it has no job.
        """
        if not self.held or not self.work.pause_s:
            self._most = self._places.jobs
        self.room = self._most - self.held

    def take(self, jobs: Sequence[_Job], now: float) -> None:
        """Get jobs."""
        self._taken.extend(jobs)
        self._fetch(now)
        self.held += len(jobs)
        # The SDK counts a job twice until it has begun with it, and looks again before that.
        counted_twice = len(jobs) if self.work.pause_s else 0
        self.room = self._most - self.held - counted_twice

    def looks_again(self, now: float) -> float:
        """When a worker without room next looks, after as many pauses as are surely in vain."""
        pause_s = self.work.pause_s
        full = self.held >= self._most and len(self._ends) == self.work.lanes
        blind = (min(self._ends) - now) / pause_s if full else 0.0
        return now + max(1, math.ceil(blind - _ROUNDING)) * pause_s

    @property
    def computes_at(self) -> float:
        """When it can compute something, as far as is known: infinity while it has no free lane."""
        free = self._fetched and len(self._ends) < self.work.lanes
        return self._fetched[0][0] if free else math.inf

    def compute(self, now: float) -> tuple[float, list[int]]:
        """Take what has been fetched into a free lane; gives when it is done, and the jobs."""
        _, (job, audio_s) = heappop(self._fetched)
        jobs, shared_s = [job], self.work.pass_of(audio_s)
        most = IN_WORK if shared_s else 1
        while self._fetched and len(jobs) < most:
            fetched, (job, more_s) = self._fetched[0]
            if fetched > now or more_s > BLOCK_S:
                break
            heappop(self._fetched)
            jobs.append(job)
            audio_s += more_s
        end = now + len(jobs) * self.work.job_s + self.gpu.rtf * (shared_s + audio_s)
        self._ends.append(end)
        return end, jobs

    def finish(self, audio_s: Sequence[float], now: float) -> None:
        """Answer what was computed until now, of so many seconds of audio each."""
        self._ends.remove(now)
        self.held -= len(audio_s)
        self._in_work -= len(audio_s)
        for length in audio_s:
            self._places.saw(long=length > BLOCK_S)
        self._fetch(now)

    def _fetch(self, now: float) -> None:
        while self._taken and self._in_work < IN_WORK:
            job, audio_s = self._taken.popleft()
            self._in_work += 1
            fetched = now + self.work.overhead_s + self.work.fetch_rtf * audio_s
            heappush(self._fetched, (fetched, (job, audio_s)))
