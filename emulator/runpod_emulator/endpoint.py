"""The rules of one endpoint's queue, with no clock, no network and no process of their own.

Every call is given the time. Where RunPod's own behaviour is not public, the choice is a field of
``Rules``.
"""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from runpod_emulator.jobs import Job, State
from runpod_emulator.rules import Rules
from runpod_emulator.timetable import Timetable

TIMED_OUT_ON_WORKERS = "job timed out after {retries} retries"
EXECUTION_TIMEOUT = "executionTimeout exceeded"
TTL = "ttl exceeded"


@dataclass
class Queue:
    """The jobs of one endpoint.

    Attributes:
        jobs: all that are not forgotten yet, oldest first.
        waiting: those that wait for a worker, in the order they will be handed out.
        running: those that workers have.
        stops: for each worker the jobs it is to stop.
        draining: workers that get no more jobs: they are leaving, or have left.
        totals: how many jobs ended how, for ``/health``.
        touched: ids of the jobs that were changed or forgotten since somebody cleared this.
    """

    rules: Rules = field(default_factory=Rules)
    jobs: dict[str, Job] = field(default_factory=dict)
    waiting: dict[str, Job] = field(default_factory=dict)
    running: dict[str, Job] = field(default_factory=dict)
    stops: dict[str, list[str]] = field(default_factory=dict)
    draining: set[str] = field(default_factory=set)
    totals: Counter[str] = field(default_factory=Counter)
    touched: dict[str, None] = field(default_factory=dict)
    _timetable: Timetable = field(default_factory=Timetable)

    # What callers do

    def submit(self, request: dict[str, Any], now: float, *, sync: bool = False) -> Job:
        """Queue a job.

        Args:
            request: the body of ``/run`` or ``/runsync``, already found to be well-formed.
            now: the time.
            sync: whether it came to ``/runsync``.
        """
        policy = request.get("policy") or {}
        rules = self.rules
        job = Job(
            id=f"{'sync-' if sync else ''}{uuid.uuid4()}-u1",
            input=request.get("input"),
            submitted_at=now,
            queued_at=now,
            extras={
                key: request[key]
                for key in ("webhook", "policy", "s3Config")
                if request.get(key) is not None
            },
            execution_timeout_s=policy.get("executionTimeout", rules.execution_timeout_s * 1000)
            / 1000,
            ttl_s=policy.get("ttl", rules.ttl_s * 1000) / 1000,
            retention_s=rules.sync_retention_s if sync else rules.async_retention_s,
        )
        self._changed(job)
        return job

    def restore(self, jobs: Iterable[Job], now: float) -> None:
        """Go on with the jobs of an earlier run; workers that still have some get a new lease."""
        for job in sorted(jobs, key=lambda job: job.queued_at):
            job.lease_until = now + self.rules.lease_s
            self._changed(job)

    def cancel(self, job: Job, now: float) -> None:
        """Give up a job that has not ended; its worker is told to stop."""
        if not job.state.final:
            self._stop(job)
            self._end(job, State.CANCELLED, now)

    def retry(self, job: Job, now: float) -> bool:
        """Queue a failed job once more; False if it is in no state for that."""
        if job.state not in {State.FAILED, State.TIMED_OUT}:
            return False
        job.has_output, job.output, job.error = False, None, None
        job.dispatches, job.submitted_at = 0, now
        self._requeue(job, now)
        return True

    def purge(self) -> int:
        """Drop the jobs that wait; returns how many."""
        waiting = list(self.waiting)
        for job_id in waiting:
            self._forget(job_id)
        return len(waiting)

    def drain_stream(self, job: Job) -> list[Any]:
        """What was streamed since the last time."""
        chunks, job.chunks = job.chunks, []
        self._changed(job)
        return chunks

    # What workers do

    def take(self, worker: str, count: int, now: float) -> list[Job]:
        """Hand up to so many waiting jobs to a worker, oldest first."""
        if worker in self.draining:
            return []
        taken = list(islice(self.waiting.values(), count))
        for job in taken:
            job.state, job.worker = State.IN_PROGRESS, worker
            job.started_at, job.lease_until = now, now + self.rules.lease_s
            job.dispatches += 1
            self._changed(job)
        return taken

    def done(self, worker: str, job_id: str, body: dict[str, Any], now: float) -> str:
        """Take a worker's result; the first end of a job is the one that counts.

        Returns:
            What became of it: ``completed``, ``failed``, ``progress``, ``late progress``,
            ``duplicate`` or ``unknown job``.
        """
        job = self.jobs.get(job_id)
        if job is None:
            return "unknown job"
        if body.get("status") == State.IN_PROGRESS:
            return self._progress(job, worker, body, now)
        if job.state.final:
            return "duplicate"
        if job.worker != worker:
            self._stop(job)  # it was handed out again meanwhile, and its first worker came back
        job.worker, job.has_output, job.output = worker, "output" in body, body.get("output")
        if job.started_at is None or job.state is State.IN_QUEUE:
            job.started_at = now  # given up, and finished by its first worker after all
        failed = isinstance(body.get("error"), str)
        job.error = body.get("error")
        self._end(job, State.FAILED if failed else State.COMPLETED, now)
        return "failed" if failed else "completed"

    def stream(self, worker: str, job_id: str, chunk: Any, now: float) -> str:  # noqa: ANN401 - JSON
        """Take one piece of a result that comes in pieces."""
        job = self.jobs.get(job_id)
        if job is None or job.state.final or job.worker != worker:
            return "duplicate" if job else "unknown job"
        job.chunks.append(chunk)
        self.alive(worker, [job_id], now)
        self._changed(job)
        return "streamed"

    def alive(self, worker: str, job_ids: Iterable[str], now: float) -> None:
        """A worker says that it works on these jobs."""
        for job_id in job_ids:
            job = self.running.get(job_id)
            if job and job.worker == worker:
                job.lease_until = now + self.rules.lease_s
                self._timetable.set(job.id, _due(job))

    def to_stop(self, worker: str) -> list[str]:
        """The jobs a worker is to stop; it is told once."""
        return self.stops.pop(worker, [])

    def gone(self, worker: str, now: float) -> None:
        """A worker's process has ended: what it had is handed out again, or given up."""
        self.draining.add(worker)  # a question of its may still be waiting for an answer
        self.stops.pop(worker, None)
        for job in list(self.running.values()):
            if job.worker == worker:
                self._lost(job, now)

    # What time does

    def tick(self, now: float) -> bool:
        """Do what is due: leases, time limits, retention; whether anything was."""
        any_due = False
        while job_id := self._timetable.pop(now):
            any_due, job = True, self.jobs[job_id]
            if job.state.final:
                self._forget(job_id)
            elif now >= job.submitted_at + job.ttl_s:
                self._time_out(job, TTL, now)
            elif job.started_at is not None and now >= job.started_at + job.execution_timeout_s:
                self._time_out(job, EXECUTION_TIMEOUT, now)
            else:
                self._lost(job, now)
        return any_due

    def next_due(self) -> float | None:
        """When ``tick`` will next have something to do."""
        return self._timetable.next()

    def counts(self) -> dict[str, int]:
        """The ``jobs`` of ``/health``."""
        return {
            "completed": self.totals["completed"],
            "failed": self.totals["failed"],
            "inProgress": len(self.running),
            "inQueue": len(self.waiting),
            "retried": self.totals["retried"],
        }

    def _progress(self, job: Job, worker: str, body: dict[str, Any], now: float) -> str:
        late = job.state.final
        if not late or self.rules.late_progress:
            job.has_output, job.output = True, body.get("output")
        if late and self.rules.late_progress:
            job.state, job.ended_at, job.lease_until = State.IN_PROGRESS, None, math.inf
        self.alive(worker, [job.id], now)
        self._changed(job)
        return "late progress" if late else "progress"

    def _lost(self, job: Job, now: float) -> None:
        if job.dispatches <= self.rules.max_retries:
            self.totals["retried"] += 1
            self._requeue(job, now)
        else:
            job.error = TIMED_OUT_ON_WORKERS.format(retries=job.retries)
            self._end(job, State.FAILED, now)

    def _time_out(self, job: Job, reason: str, now: float) -> None:
        self._stop(job)
        job.error = reason
        self._end(job, State.TIMED_OUT, now)

    def _requeue(self, job: Job, now: float) -> None:
        job.state, job.queued_at = State.IN_QUEUE, now
        job.started_at = job.ended_at = job.worker = None
        job.chunks = []  # the next worker begins anew
        self._changed(job)

    def _stop(self, job: Job) -> None:
        if job.state is State.IN_PROGRESS and job.worker is not None:
            self.stops.setdefault(job.worker, []).append(job.id)

    def _end(self, job: Job, state: State, now: float) -> None:
        job.state, job.ended_at = state, now
        self.totals["completed" if state is State.COMPLETED else "failed"] += state in {
            State.COMPLETED, State.FAILED, State.TIMED_OUT,
        }  # fmt: skip
        self._changed(job)

    def _changed(self, job: Job) -> None:
        """Put a job where its state belongs. Every change of a job ends here."""
        self.jobs[job.id] = job
        for state, place in ((State.IN_QUEUE, self.waiting), (State.IN_PROGRESS, self.running)):
            if job.state is state:
                place.setdefault(job.id, job)
            else:
                place.pop(job.id, None)
        self._timetable.set(job.id, _due(job))
        self.touched[job.id] = None

    def _forget(self, job_id: str) -> None:
        for place in (self.jobs, self.waiting, self.running):
            place.pop(job_id, None)
        self._timetable.drop(job_id)
        self.touched[job_id] = None


def _due(job: Job) -> float:
    if job.state.final:
        return (job.ended_at or 0) + job.retention_s
    due = job.submitted_at + job.ttl_s
    if job.state is State.IN_PROGRESS and job.started_at is not None:
        due = min(due, job.started_at + job.execution_timeout_s, job.lease_until)
    return due
