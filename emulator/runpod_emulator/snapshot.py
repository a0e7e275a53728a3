"""How an endpoint is at a moment: its queue, its workers, its latest jobs, what it would cost."""

from __future__ import annotations

from itertools import islice
from statistics import median

from pydantic.dataclasses import dataclass

from runpod_emulator.billing import billed_s
from runpod_emulator.jobs import Job
from runpod_emulator.live import Live
from runpod_emulator.pool import Member, Pool
from runpod_emulator.prices import PRICES

LATEST = 20  # jobs


@dataclass(frozen=True)
class WorkerSnapshot:
    """A worker.

    Attributes:
        id: its name.
        state: ``initializing``, ``idle``, ``running``, ``leaving`` or ``unhealthy``.
        up_s: how long it has existed.
        cold_start_s: from its start to its first question for a job.
        jobs: how many it has.
    """

    id: str
    state: str
    up_s: float
    cold_start_s: float | None
    jobs: int


@dataclass(frozen=True)
class JobSnapshot:
    """A job; times in seconds, None while they are not known."""

    id: str
    state: str
    worker: str | None
    delay_s: float
    execution_s: float | None
    retries: int


@dataclass(frozen=True)
class EndpointSnapshot:
    """An endpoint.

    Attributes:
        id: its name.
        counts: of jobs, as ``/health`` has them.
        workers: those that exist.
        jobs: the latest, newest first.
        gpu: the kind of GPU its price is for.
        billed_s: seconds RunPod would bill so far.
        price_per_s: US dollars; None for a kind without a known price.
        cold_start_s: the median so far.
        crashed: the exit code of the last worker, if it ended by itself; None if all is well.
    """

    id: str
    counts: dict[str, int]
    workers: list[WorkerSnapshot]
    jobs: list[JobSnapshot]
    gpu: str
    billed_s: int
    price_per_s: float | None
    cold_start_s: float | None
    crashed: int | None = None


def snapshot(live: Live, pool: Pool | None, now: float) -> EndpointSnapshot:
    """How an endpoint is now."""
    members = pool.members if pool else {}
    gpu = live.settings.gpu
    return EndpointSnapshot(
        id=live.settings.id,
        counts=live.queue.counts(),
        workers=[_worker(live, name, member, now) for name, member in members.items()],
        jobs=[_job(job, now) for job in islice(reversed(live.queue.jobs.values()), LATEST)],
        gpu=gpu,
        billed_s=billed_s(pool.spells(now)) if pool else 0,
        price_per_s=PRICES[gpu].flex if gpu in PRICES else None,
        cold_start_s=median(pool.cold_starts) if pool and pool.cold_starts else None,
        crashed=pool.exit_codes[-1] if pool and pool.crashes else None,
    )


def _worker(live: Live, name: str, member: Member, now: float) -> WorkerSnapshot:
    jobs = sum(job.worker == name for job in live.queue.running.values())
    if name in live.unhealthy:
        state = "unhealthy"
    elif member.leaving_at is not None:
        state = "leaving"
    elif member.first_poll_at is None:
        state = "initializing"
    else:
        state = "running" if jobs else "idle"
    return WorkerSnapshot(name, state, now - member.started_at, member.cold_start_s, jobs)


def _job(job: Job, now: float) -> JobSnapshot:
    started, ended = job.started_at, job.ended_at
    return JobSnapshot(
        id=job.id,
        state=job.state.value,
        worker=job.worker,
        delay_s=(now if started is None else started) - job.queued_at,
        execution_s=None if started is None else (ended or now) - started,
        retries=job.retries,
    )
