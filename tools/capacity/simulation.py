"""Jobs come, workers start, work and leave: a simulation of discrete events.

The rules are the emulator's: ``runpod_emulator.scaling`` says how many workers there are to be,
and a worker leaves that had no job for ``idle_timeout_s``, unless it is one of ``workers_min``,
or jobs wait. The job that has waited longest goes to the worker that has waited longest. Where the
emulator looks every 0.1 s, something happens here the moment it is due.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from runpod_emulator.scaling import Load, wanted
from tools.capacity.traffic import Seconds, Traffic
from tools.capacity.workers import Gpu, Setup
from tools.capacity.working import Worker

_JUST_AFTER_S = 1e-6  # the scaler's rule is "longer than"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened.

    Attributes:
        begun: when a worker took each job.
        done: when it was done.
        cold: whether it waited for a worker to start.
        workers: all there ever were, in the order they came.
        end: the period's end, or the last job's, if that is later.
    """

    traffic: Traffic
    setup: Setup
    begun: Seconds
    done: Seconds
    cold: NDArray[np.bool_]
    workers: list[Worker]
    end: float


def simulate(traffic: Traffic, setup: Setup, seed: int = 0) -> Outcome:
    """Let a traffic come; the same for the same seed."""
    run = _Run(traffic, setup, np.random.default_rng(seed))
    run.go()
    begun, done = np.array(run.begun), np.array(run.done)
    end = max(traffic.period_s, float(done.max(initial=0.0)))
    for worker in run.workers:
        if worker.ended == math.inf:
            worker.ended = end
    return Outcome(traffic, setup, begun, done, np.array(run.cold, np.bool_), run.workers, end)


class _Run:
    """The state of a simulation.

    Attributes:
        events: what will happen, by time.
        queue: the jobs that wait.
        asking: the workers that wait for jobs, longest first.
        idle: since when those have had no job that have none, longest first.
        staying: how many workers there are or will be.
        in_progress: how many jobs workers have.
        added: when the last worker was added.
    """

    def __init__(self, traffic: Traffic, setup: Setup, rng: np.random.Generator) -> None:
        self.setup, self.work = setup, setup.work
        self.arrivals: list[float] = traffic.arrivals.tolist()
        self.audio: list[float] = traffic.audio_s.tolist()
        self.begun, self.done = [0.0] * len(self.arrivals), [0.0] * len(self.arrivals)
        self.cold = [False] * len(self.arrivals)
        self.starts = setup.start.draw(rng)
        self.shortages = [setup.shortage.spells(rng, traffic.period_s) for _ in setup.gpus]
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.count = 0
        self.queue: deque[int] = deque()
        self.asking: dict[Worker, None] = {}
        self.idle: dict[Worker, float] = {}
        self.workers: list[Worker] = []
        self.staying = self.in_progress = 0
        self.added = -math.inf

    def go(self) -> None:
        """Let everything happen."""
        for _ in range(self.setup.scaling.workers_min):  # they have long been there
            self._ready(self._new(self.setup.gpus[0], 0.0), 0.0)
        events, arrivals, jobs, job = self.events, self.arrivals, len(self.arrivals), 0
        now = 0.0
        while True:
            comes = arrivals[job] if job < jobs else math.inf
            happens = events[0][0] if events else math.inf
            first = min(comes, happens)
            added, leaves = self._next_look(), self._next_leave()
            now, before = min(first, added, leaves), now
            if leaves < min(first, added):
                now = max(leaves, before)  # it may have had to stay longer than the timeout
                self._leave(now)
            elif added < first:
                self._scale(added)
            elif comes <= happens:
                if comes == math.inf:
                    return
                self.queue.append(job)
                job += 1
                self._hand_out(comes)
                self._scale(comes)
            else:
                heappop(events)[2](happens)

    def _next_look(self) -> float:
        """When time alone may make the scaler want another worker."""
        scaling = self.setup.scaling
        if not self.queue or self.staying >= scaling.workers_max:
            return math.inf
        if scaling.scaler == "REQUEST_COUNT":
            return math.inf  # only another job can
        since = max(self.arrivals[self.queue[0]], self.added)
        return since + scaling.queue_delay_s + _JUST_AFTER_S

    def _scale(self, now: float) -> None:
        while self.staying < self.setup.scaling.workers_max:
            oldest = now - self.arrivals[self.queue[0]] if self.queue else 0.0
            load = Load(len(self.queue), self.in_progress, oldest, self.staying, now - self.added)
            if wanted(self.setup.scaling, load) <= self.staying:
                return
            gpu, at = self._free_gpu(now)
            self.added = now
            self._plan(at + next(self.starts), partial(self._ready, self._new(gpu, at)))

    def _free_gpu(self, now: float) -> tuple[Gpu, float]:
        """The first that is free, in order of preference, and when that is."""
        free = []
        for begins, ends in self.shortages:
            place = bisect_right(begins, now) - 1
            free.append(max(now, ends[place]) if place >= 0 else now)
        soonest = min(free)
        return self.setup.gpus[free.index(soonest)], soonest

    def _new(self, gpu: Gpu, started: float) -> Worker:
        worker = Worker(gpu, self.work, started)
        self.workers.append(worker)
        self.staying += 1
        return worker

    def _ready(self, worker: Worker, now: float) -> None:
        worker.ready = self.idle[worker] = now
        self._look(worker, now)

    def _look(self, worker: Worker, now: float) -> None:
        """A worker sees how many more jobs it may have, and asks for them."""
        if worker.ended == math.inf:
            worker.look()
            self._ask(worker, now)
            self._hand_out(now)

    def _ask(self, worker: Worker, now: float) -> None:
        if worker.room > 0:
            self.asking[worker] = None
            worker.asked = now
        elif self.work.pause_s:
            self._plan(worker.looks_again(now), partial(self._look, worker))

    def _hand_out(self, now: float) -> None:
        while self.queue and self.asking:
            worker = next(iter(self.asking))
            del self.asking[worker]
            if not worker.held:
                if self.idle.pop(worker) <= now - (now - worker.asked) % self.work.poll_s:
                    worker.look()  # it asked in vain meanwhile, and then saw anew what it may have
                worker.busy_since = now
            jobs = [self.queue.popleft() for _ in range(min(worker.room, len(self.queue)))]
            for job in jobs:
                self.begun[job], self.cold[job] = now, self.arrivals[job] < worker.ready
            self.in_progress += len(jobs)
            worker.take([(job, self.audio[job]) for job in jobs], now)
            self._compute(worker, now)
            self._ask(worker, now)

    def _compute(self, worker: Worker, now: float) -> None:
        """A worker computes what it can, and goes on as soon as it has fetched more."""
        if worker.wakes <= now:
            worker.wakes = math.inf
        while (at := worker.computes_at) <= now:
            end, jobs = worker.compute(now)
            for job in jobs:
                self.done[job] = end
            self._plan(end, partial(self._finish, worker, jobs))
        if at < worker.wakes:
            worker.wakes = at
            self._plan(at, partial(self._compute, worker))

    def _finish(self, worker: Worker, jobs: list[int], now: float) -> None:
        worker.finish([self.audio[job] for job in jobs], now)
        self.in_progress -= len(jobs)
        self._compute(worker, now)
        if not worker.held:
            worker.busy_s += now - worker.busy_since
            self.idle[worker] = now
        if not self.work.pause_s:
            self._look(worker, now)

    def _next_leave(self) -> float:
        if self.queue or not self.idle or self.staying <= self.setup.scaling.workers_min:
            return math.inf
        return next(iter(self.idle.values())) + self.setup.scaling.idle_timeout_s

    def _leave(self, now: float) -> None:
        worker = next(iter(self.idle))
        worker.ended = now
        del self.idle[worker]
        self.asking.pop(worker, None)
        self.staying -= 1

    def _plan(self, at: float, what: Callable[[float], None]) -> None:
        self.count += 1
        heappush(self.events, (at, self.count, what))
