"""What a simulated while was like for callers and for workers, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.capacity.simulation import Outcome
from tools.capacity.traffic import Seconds


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of some times, in seconds."""

    mean: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, times: Seconds) -> Percentiles:
        """Those of given times; zeros if there are none."""
        if not len(times):
            return cls(0.0, 0.0, 0.0, 0.0)
        return cls(float(times.mean()), *np.quantile(times, [0.5, 0.95, 0.99]).tolist())


@dataclass(frozen=True, slots=True)
class Result:
    """A while in numbers.

    Attributes:
        wait: from a job's arrival until a worker takes it; RunPod's ``delayTime``.
        latency: from its arrival until its result.
        cold_share: of the jobs, those that waited for a worker to start.
        busy_share: of the workers' billed time, that with a job: their utilisation.
        start_share: likewise, until they ask for jobs. The rest they wait for jobs, paid.
        starts: workers that were started.
        most_workers: there at a time.
        backlog_s: how long after the period's end the last job was done.
        longest_run_s: the longest time a worker had a job.
    """

    jobs: int
    wait: Percentiles
    latency: Percentiles
    cold_share: float
    busy_share: float
    start_share: float
    starts: int
    most_workers: int
    backlog_s: float
    longest_run_s: float

    @property
    def idle_share(self) -> float:
        """Of the workers' billed time, that without a job."""
        return max(0.0, 1 - self.busy_share - self.start_share)


def result(outcome: Outcome) -> Result:
    """The numbers of what happened."""
    arrivals, workers = outcome.traffic.arrivals, outcome.workers
    billed = sum(w.ended - w.started for w in workers) or 1.0
    return Result(
        jobs=len(arrivals),
        wait=Percentiles.of(outcome.begun - arrivals),
        latency=Percentiles.of(outcome.done - arrivals),
        cold_share=float(outcome.cold.mean()) if len(arrivals) else 0.0,
        busy_share=sum(w.busy_s for w in workers) / billed,
        start_share=sum(w.ready - w.started for w in workers) / billed,
        starts=len(workers) - outcome.setup.scaling.workers_min,
        most_workers=int(levels(*_spans(outcome))[1].max(initial=0)),
        backlog_s=outcome.end - outcome.traffic.period_s,
        longest_run_s=float((outcome.done - outcome.begun).max(initial=0.0)),
    )


def levels(begins: Seconds, ends: Seconds) -> tuple[Seconds, Seconds]:
    """How many of some spans there are: when that changes, and how many there then are.

    One that ends makes room first.
    """
    times = np.concatenate([ends, begins])
    steps = np.concatenate([-np.ones(len(ends)), np.ones(len(begins))])
    order = np.argsort(times, kind="stable")
    return times[order], np.cumsum(steps[order])


def _spans(outcome: Outcome) -> tuple[Seconds, Seconds]:
    """When workers began and ended to exist."""
    return (
        np.array([w.started for w in outcome.workers]),
        np.array([w.ended for w in outcome.workers]),
    )
