"""One job of the page: sent, watched, and told about line by line until its answer is there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import anyio
from anyio import to_thread

from playground.emulated import emulated
from playground.tasks import Asked
from speech_endpoints.endpoint import AsyncEndpoint
from speech_endpoints.failures import SpeechError
from speech_endpoints.jobs import Ledger
from speech_endpoints.services import AsyncASR
from speech_endpoints.vendored.prices import AS_OF, PRICES
from speech_endpoints.wire import Json
from tools.endpoints import EndpointSpec

State = Literal["reading", "waiting", "working"]
Tell: TypeAlias = Callable[[Json], Awaitable[None]]

_ASK_EVERY_S = 0.5
_HEALTH_S = 3.0
_READY = ("idle", "ready", "running")


class Sent(Ledger):
    """What was sent for one recording.

    Attributes:
        wants_id: the id comes at once, so that the job can be watched and cancelled.
        running: the ids of jobs that have not ended, by the parts of the recording.
        over: the jobs that have.
    """

    wants_id = True

    def __init__(self) -> None:
        self.running: dict[int, str] = {}
        self.over: list[Json] = []

    def sent(self, part: int, job_id: str) -> None:
        """See ``Ledger``."""
        self.running[part] = job_id

    def ended(self, part: int, job: Json) -> None:
        """See ``Ledger``."""
        self.running.pop(part, None)
        self.over.append(job)

    def seconds(self, what: str) -> float:
        """RunPod's ``delayTime`` or ``executionTime``, of all jobs that are over."""
        return round(sum(float(job.get(what, 0)) for job in self.over) / 1000, 3)


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of an answer went, in seconds.

    Attributes:
        total_s: from the page's question to the answer.
        waited_s: for a worker, RunPod's ``delayTime``; of several jobs, all of them.
        worked_s: of workers, RunPod's ``executionTime``; likewise.
        cold: there was no worker when the job was sent, so it waited for one to start.
        start_s: how long one takes to start: what this job waited, or what the emulator has
            measured; None where nobody knows.
        jobs: how many there were: long recordings are sent in parts.
    """

    total_s: float
    waited_s: float
    worked_s: float
    cold: bool
    start_s: float | None
    jobs: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer costs on RunPod, in US dollars.

    Attributes:
        gpu: the GPU pool the endpoint prefers.
        per_s: of a worker there.
        as_of: day of the price.
        work: while the worker worked.
        alone: with its start, as far as that is known, and its idle seconds afterwards: if it came
            for this answer alone.
    """

    gpu: str
    per_s: float
    as_of: str
    work: float
    alone: float


async def answered(asked: Asked, audio: Path, options: Json, tell: Tell) -> tuple[Json, Json]:
    """The answer for a recording, and what is to be said about it: its times and its cost.

    Args:
        asked: what is asked, and where.
        audio: the recording.
        options: of the service.
        tell: is told how far it is, and of recognition each segment as it comes.

    Raises:
        SpeechError: there is none; see ``speech_endpoints.failures``.
    """
    began, sent, endpoint = time.monotonic(), Sent(), asked.endpoint
    options = {**options, **asked.task.asked_as}
    endpoint.check(options)  # before anybody waits for anything
    cold = not await _has_worker(endpoint)
    failures: list[SpeechError] = []
    result: Json = {}
    async with anyio.create_task_group() as group:
        group.start_soon(_watch, endpoint, sent, tell)
        try:
            result = await _result(endpoint, audio, options, sent, tell)
        except SpeechError as error:
            failures.append(error)
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    endpoint.read(result)
    total_s, waited_s = round(time.monotonic() - began, 3), sent.seconds("delayTime")
    worked_s = sent.seconds("executionTime")
    start_s = waited_s if cold else await _start_s(endpoint.url)
    times = Times(total_s, waited_s, worked_s, cold, start_s, len(sent.over))
    cost = cost_of(asked.service, times)
    return result, {"times": asdict(times), "cost": asdict(cost) if cost else None}


async def _result(
    endpoint: AsyncEndpoint[Any], audio: Path, options: Json, sent: Sent, tell: Tell
) -> Json:
    if not isinstance(endpoint, AsyncASR):
        return await endpoint.answer(audio, options, sent)
    result: Json = {}
    async with aclosing(endpoint.items(audio, options, sent)) as items:
        async for result in items:
            if "start" in result:
                await tell({"event": "segment", "segment": result})
    return result


def cost_of(service: str, times: Times) -> Cost | None:
    """By the settings of the service's endpoint; None where no price is known."""
    spec = EndpointSpec.of(service)
    gpu = next((pool for pool in spec.gpu if pool in PRICES), None)
    if gpu is None:
        return None
    per_s = PRICES[gpu].flex
    idle_s = spec.scaling().idle_timeout_s
    alone_s = (times.start_s or 0.0) + times.worked_s + idle_s
    work, alone = times.worked_s * per_s, alone_s * per_s
    return Cost(gpu, per_s, AS_OF.isoformat(), work, alone)


async def _has_worker(endpoint: AsyncEndpoint[Any]) -> bool:
    """Whether a job that is sent now finds a worker that has started."""
    with anyio.move_on_after(_HEALTH_S), suppress(SpeechError):
        workers = (await endpoint.health()).get("workers") or {}
        return any(workers.get(state) for state in _READY)
    return True  # nobody knows


async def _start_s(url: str) -> float | None:
    """How long workers take to start, where an emulator says it; RunPod does not."""
    origin, _, endpoint = url.partition("/v2/")
    if not url.startswith("http://"):
        return None
    found = (await to_thread.run_sync(emulated, origin)).get(endpoint)
    return found.start_s if found else None


async def _watch(endpoint: AsyncEndpoint[Any], sent: Sent, tell: Tell) -> None:
    """Say how far the jobs are, until nobody wants to know any more."""
    while True:
        state: State = "reading"
        if sent.running:
            state = "waiting"
            with suppress(SpeechError):
                ids = list(sent.running.values())
                jobs = [await endpoint.wire.ask(f"status/{number}") for number in ids]
                if any(job.get("status") != "IN_QUEUE" for job in jobs):
                    state = "working"
        elif sent.over:
            state = "working"
        await tell({"event": "progress", "state": state, "over": len(sent.over)})
        await anyio.sleep(_ASK_EVERY_S)
