"""A job and the states it goes through, as RunPod's callers see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where a job is."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def final(self) -> bool:
        """Whether a job in this state stays in it."""
        return self not in {State.IN_QUEUE, State.IN_PROGRESS}


@dataclass(slots=True)
class Job:
    """One job, from submission to the end of its retention.

    Times are seconds of the emulator's clock; what callers see is in milliseconds.

    Attributes:
        id: ``<uuid>-u1``, or ``sync-<uuid>-u1`` for one submitted to ``/runsync``.
        input: what the caller sent as ``input``.
        extras: what else the caller sent (``webhook``, ``policy``, ``s3Config``).
        execution_timeout_s: how long it may be in progress.
        ttl_s: how long after its submission it is given up, whatever its state.
        retention_s: how long its result is kept after its end.
        queued_at: when it last joined the queue; what ``delayTime`` counts from.
        dispatches: how often it was handed to a worker.
        lease_until: when its worker is given up unless it shows a sign of life.
        chunks: what was streamed and not yet fetched.
        has_output: whether the worker sent an ``output`` key, which may be null.
    """

    id: str
    input: Any
    submitted_at: float
    extras: dict[str, Any] = field(default_factory=dict)
    execution_timeout_s: float = 600.0
    ttl_s: float = 86_400.0
    retention_s: float = 1800.0
    state: State = State.IN_QUEUE
    queued_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    worker: str | None = None
    dispatches: int = 0
    lease_until: float = 0.0
    has_output: bool = False
    output: Any = None
    error: Any = None
    chunks: list[Any] = field(default_factory=list)

    @property
    def retries(self) -> int:
        """How often it was handed out again."""
        return max(0, self.dispatches - 1)

    def public(self) -> dict[str, Any]:
        """The job as ``/status`` and ``/runsync`` show it."""
        shown: dict[str, Any] = {"id": self.id, "status": self.state.value}
        if self.started_at is not None:
            shown["delayTime"] = milliseconds(self.started_at - self.queued_at)
        if self.started_at is not None and self.ended_at is not None:
            shown["executionTime"] = milliseconds(self.ended_at - self.started_at)
        if self.error is not None:
            shown["error"] = self.error
        if self.has_output:
            shown["output"] = self.output
        if self.worker is not None:
            shown["workerId"] = self.worker
        if self.retries:
            shown["retries"] = self.retries
        return shown

    def for_worker(self, *, drop_empty_input: bool) -> dict[str, Any]:
        """The job as a worker is given it; on RunPod without an ``input`` that is empty."""
        dropped = drop_empty_input and not self.input
        return {"id": self.id, **({} if dropped else {"input": self.input}), **self.extras}


def milliseconds(seconds: float) -> int:
    """Seconds as RunPod gives them."""
    return round(max(0.0, seconds) * 1000)
