"""One job from its submission to its output."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import anyio

from speech_endpoints.failures import (
    JobCancelled,
    JobTimedOut,
    NotAuthorised,
    OutcomeUnknown,
    ResultLost,
    SpeechError,
    TooManyRequests,
    Unreachable,
    WaitedTooLong,
    job_error,
)
from speech_endpoints.wire import Json, Wire

MIB = 1024**2
RUN_BYTES, RUNSYNC_BYTES = 10 * MIB, 20 * MIB  # of a request's body
# Long enough for a warm worker and a short recording; whoever gives up meanwhile waits so long for
# the id of the job that is to be cancelled.
SYNC_WAIT_MS = 3_000
_LOST_SIGHT_OF = (Unreachable, TooManyRequests, NotAuthorised)
_RUNNING = {"IN_QUEUE", "IN_PROGRESS", "RUNNING"}
_SOONEST_S, _LATEST_S, _SLOWER = 0.2, 5.0, 1.4  # between two questions for a job's state
_STREAM_EVERY_S = 0.3
_CANCEL_S = 5.0


class Ledger:
    """Remembers the jobs of one recording. This one does not: the command's journal does.

    A recording is one job, or several, its parts; they are counted from 0.

    Attributes:
        wants_id: whether a job's id matters more than a quick answer.
    """

    wants_id: ClassVar[bool] = False

    def before(self, part: int) -> str | Json | None:
        """What an earlier run left: the ended job, the id of one that was sent, or nothing.

        Raises:
            OutcomeUnknown: it was about to send the job when it was stopped.
        """
        return None

    def sending(self, part: int) -> None:
        """The job is sent now."""

    def sent(self, part: int, job_id: str) -> None:
        """The job has an id."""

    def not_sent(self, part: int) -> None:
        """No job came of it."""

    def ended(self, part: int, job: Json) -> None:
        """The job has ended with an output."""

    def failed(self, part: int) -> None:
        """The job has ended without one."""

    def cancelled(self, part: int) -> None:
        """The job was cancelled, because nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """A job to be sent.

    Attributes:
        input: what the service's contract describes.
        short: it is likely to be answered at once.
        policy: RunPod's ``executionTimeout`` and ``ttl``.
    """

    input: Json
    short: bool = False
    policy: Json | None = None

    def encoded(self) -> tuple[str, bytes]:
        """The route it takes, and the body."""
        body = {"input": self.input} | ({"policy": self.policy} if self.policy else {})
        text = json.dumps(body, separators=(",", ":")).encode()
        # /runsync takes twice as much, whatever it is.
        sync = self.short or len(text) > RUN_BYTES
        return (f"runsync?wait={SYNC_WAIT_MS}" if sync else "run"), text


async def answer(wire: Wire, request: Request, ledger: Ledger, part: int = 0) -> Json:
    """Run a job, or go on with the one an earlier run has sent.

    Returns:
        The job as RunPod shows it at its end, with an ``output``.

    Raises:
        SpeechError: it failed; see ``failures``.
    """
    known = ledger.before(part)
    if isinstance(known, dict):
        return known
    job = {"id": known, "status": "IN_QUEUE"} if known else await send(wire, request, ledger, part)
    job = await follow(wire, job, ledger, part)
    ledger.ended(part, job)
    return job


async def send(wire: Wire, request: Request, ledger: Ledger, part: int = 0) -> Json:
    """Submit a job."""
    route, body = request.encoded()
    ledger.sending(part)
    try:
        job = await wire.send_job(route, body)
    except OutcomeUnknown:
        raise
    except (SpeechError, anyio.get_cancelled_exc_class()):
        ledger.not_sent(part)
        raise
    ledger.sent(part, job["id"])
    return job


async def follow(wire: Wire, job: Json, ledger: Ledger, part: int = 0) -> Json:
    """Wait for a job's end, and cancel it when nobody waits any more."""
    async with cancelled_with_us(wire, job["id"], lambda: ledger.cancelled(part)):
        return await _ended(wire, job, ledger, part)
    raise AssertionError  # the context lets everything through


@asynccontextmanager
async def cancelled_with_us(
    wire: Wire, job_id: str, cancelled: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Cancel the job when nobody waits for it any more, and say so."""
    try:
        await anyio.lowlevel.checkpoint()
        yield
    except _LOST_SIGHT_OF as error:
        error.job_id = job_id  # it goes on, and can be followed again
        raise
    except (anyio.get_cancelled_exc_class(), GeneratorExit):
        with anyio.move_on_after(_CANCEL_S, shield=True), suppress(SpeechError):
            await wire.cancel(job_id)
            cancelled()
        raise


async def streamed(
    wire: Wire, job_id: str, ledger: Ledger, part: int = 0, deadline: float = math.inf
) -> AsyncGenerator[Json]:
    """The items of a job's output as they come, each once, the last one when the job has ended.

    ``/stream`` forgets what it has answered. Items whose answer was lost come in the end, from
    ``/status``, which has all of them; a job that RunPod gave to a second worker gives the same
    items again, which are left out.

    Args:
        deadline: when the job is given up, by the clock of the event loop.

    Raises:
        WaitedTooLong: it was.
        SpeechError: the job failed; see ``failures``.
    """
    seen: set[str] = set()

    def fresh(items: list[Any]) -> Iterator[Json]:
        for item in items:
            key = json.dumps(item, sort_keys=True)
            if key not in seen:
                seen.add(key)
                yield item

    async with cancelled_with_us(wire, job_id, lambda: ledger.cancelled(part)):
        while True:
            reply = await wire.ask(f"stream/{job_id}")
            if reply.get("status") not in _RUNNING:
                break
            for item in fresh([piece["output"] for piece in reply.get("stream") or []]):
                if "start" in item:
                    yield item
            if anyio.current_time() > deadline:
                await wire.cancel(job_id)
                ledger.cancelled(part)
                raise WaitedTooLong("there was no result in the time that was given", job_id)
            await anyio.sleep(_STREAM_EVERY_S)
        job = await _ended(wire, {"id": job_id, "status": "IN_PROGRESS"}, ledger, part)
        ledger.ended(part, job)
        *parts, last = items_of(job["output"])
        for item in fresh(parts):
            yield item
        yield last


def items_of(output: object) -> list[Any]:
    """An output as a list: what a generator gave, or the one answer of a function."""
    return output if isinstance(output, list) else [output]


def whole(output: object) -> Json:
    """The result for a recording out of its job's output: the last item of a list.

    Raises:
        ResultLost: it is something else.
    """
    *parts, last = items_of(output)
    if not isinstance(last, dict):
        raise ResultLost("the endpoint's answer is no result of a speech service")
    if parts and "segments" not in last:  # there was no room for them a second time
        return {**last, "segments": sorted(parts, key=lambda part: float(part["start"]))}
    return last


async def _ended(wire: Wire, job: Json, ledger: Ledger, part: int) -> Json:
    try:
        return await _end(wire, job)
    except _LOST_SIGHT_OF:
        raise
    except SpeechError:
        ledger.failed(part)
        raise


async def _end(wire: Wire, job: Json) -> Json:
    pause = _SOONEST_S
    while job["status"] in _RUNNING:
        await anyio.sleep(pause)
        pause = min(_LATEST_S, pause * _SLOWER)
        job = await wire.ask(f"status/{job['id']}")
        if not isinstance(job.get("status"), str):
            job["status"] = "IN_PROGRESS"
    _check(job)
    return job


def _check(job: Json) -> None:
    """Raise what a job that has ended stands for, unless it has an output."""
    job_id, error = str(job.get("id")), job.get("error")
    match job["status"]:
        case "FAILED":
            raise job_error(error or "", job_id)
        case "CANCELLED":
            raise JobCancelled("the job was cancelled", job_id)
        case "TIMED_OUT":
            raise JobTimedOut(f"{error or 'the job took too long'}"[:300], job_id)
    if error:  # an error that is no string leaves the job COMPLETED
        raise job_error(error, job_id)
    if not job.get("output"):
        raise ResultLost(
            "the job is done, and its result never came: "
            "it was too large, or RunPod did not take it from the worker", job_id,
        )  # fmt: skip
