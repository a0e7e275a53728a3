"""One worker that is started, given jobs, and watched."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from runpod_emulator.check.jobs import Input
from runpod_emulator.check.log import complaint
from runpod_emulator.check.processes import ended_with
from runpod_emulator.check.verdict import Unseen
from runpod_emulator.check.wire import TAKES, Message, Wire
from runpod_emulator.containers import Containers, WorkerContainer
from runpod_emulator.faults import Schedule
from runpod_emulator.jobs import Job
from runpod_emulator.processes import Processes
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, Keep, Serving, serving
from runpod_emulator.settings import MIB, EndpointSettings, Limits

T = TypeVar("T")

POLL_S = 0.5  # of a worker's questions: what it asks next tells that it is still there
LOOK_EVERY_S = 0.02
RESULT_LIMIT = 10 * MIB  # of a job sent to /run
# A job that is lost stays lost: the worker that lost it is the only one.
SETTINGS = EndpointSettings(
    "check", rules=Rules(max_retries=0), limits=Limits(result=RESULT_LIMIT), poll_s=POLL_S
)
ONE = Scaling(workers_min=1, workers_max=1, idle_timeout_s=math.inf)
NO_MORE = Scaling(workers_min=0, workers_max=0, idle_timeout_s=math.inf)


class Lost(Exception):
    """A job came to no result; the message says what happened instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A job's result as it was posted."""

    job: Job
    message: Message

    @property
    def error(self) -> Any:  # noqa: ANN401 - any JSON value
        """Its ``error``, whatever that is; None if there is none."""
        return self.message.content.get("error")

    @property
    def oversized(self) -> bool:
        """Whether RunPod would refuse it."""
        return self.message.size > RESULT_LIMIT

    @property
    def seconds(self) -> float:
        """From handing the job out to its result."""
        return self.message.at - (self.job.started_at or self.job.queued_at)


class Trial:
    """A worker under observation.

    Args:
        up: the emulator, with this worker.
        wire: what the worker says.
        log_file: what it writes.

    Attributes:
        name: its id.
        worker: its process or container.
        born_at: when that was there, in seconds since the epoch.
        opening: its log up to the first job.
    """

    def __init__(self, up: Serving, wire: Wire, log_file: Path) -> None:
        self._up, self.wire, self._log_file = up, wire, log_file
        self._live = up.live(SETTINGS.id)
        self.opening = ""
        self._leaving = False

    @property
    def log(self) -> str:
        """What the worker wrote so far."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def faults(self) -> Schedule:
        """What goes wrong."""
        return self._up.emulator.schedule

    @property
    def jobs(self) -> list[Job]:
        """The jobs it was given."""
        return list(self._live.queue.jobs.values())

    @property
    def job_ids(self) -> set[str]:
        """Their ids."""
        return {job.id for job in self.jobs}

    @property
    def asks(self) -> bool:
        """Whether it has asked for a job."""
        return bool(self.wire.said(*TAKES))

    @property
    def is_of_use(self) -> bool:
        """Whether it is there to be given jobs."""
        return self.exit_code is None and not self._leaving

    @property
    def unhealthy(self) -> str | None:
        """Why it said it was unhealthy; None if it did not."""
        return self._live.unhealthy.get(self.name)

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.worker.exit_code

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._live.clock.now()

    async def begin(self) -> None:
        """Wait until the worker's process is there, and let no other follow it."""
        pool = self._up.pool(SETTINGS.id)
        while not pool.members:
            await asyncio.sleep(LOOK_EVERY_S)
        pool.scaling = NO_MORE
        ((self.name, member),) = pool.members.items()
        self.worker = worker = member.worker
        if isinstance(worker, WorkerContainer):
            while worker.container is None and worker.exit_code is None:
                await asyncio.sleep(LOOK_EVERY_S)
        self.born_at = self.now()

    async def until(self, ready: Callable[[], T], seconds: float) -> T:
        """What ``ready`` gives when it gives something true, or at the end of so many seconds."""
        deadline = self.now() + seconds
        while not (found := ready()) and self.now() < deadline:
            await asyncio.sleep(LOOK_EVERY_S)
        return found

    def submit(self, job_input: Input) -> Job:
        """Queue a job."""
        self.opening = self.opening or self.log
        job = self._live.queue.submit({"input": job_input}, self._live.now())
        self._live.changed()
        return job

    async def take(self, job_input: Input, seconds: float) -> Job:
        """Queue a job and wait until the worker has it.

        Raises:
            Unseen: it does not take it in so many seconds.
        """
        job = self.submit(job_input)
        if not await self.until(lambda: self.wire.handed_out(job.id), seconds):
            raise Unseen("it did not take the job")
        return job

    def cancel(self, job: Job) -> None:
        """Give a job up, as a caller may."""
        self._live.queue.cancel(job, self._live.now())
        self._live.changed()

    def tell_to_leave(self) -> None:
        """Send SIGTERM, and no more jobs, as when RunPod lets a worker go."""
        self._leaving = True
        self._live.drain(self.name)
        self.worker.send(signal.SIGTERM)

    async def has_ended(self, seconds: float) -> bool:
        """Whether the worker ends within so many seconds."""
        return await self.until(lambda: self.exit_code is not None, seconds)

    async def answer(self, job: Job, seconds: float) -> Answer:
        """A job's result.

        Raises:
            Lost: it came to none in so many seconds, or it is clear that it never will.
        """

        def over() -> bool:
            ended = self.exit_code is not None
            return ended or any(self.wire.results(job.id)) or bool(complaint(self.log, job.id))

        await self.until(over, seconds)
        if message := next(self.wire.results(job.id), None):
            return Answer(job, message)
        if reason := complaint(self.log, job.id):
            raise Lost(f"no result was posted; RunPod's SDK logs: {reason}")
        if self.exit_code is not None:
            raise Lost(f"the process {ended_with(self.exit_code)} and the job was lost")
        raise Lost(f"no result was posted within {seconds:g} s")

    async def run(self, job_input: Input, seconds: float) -> Answer:
        """Queue a job and wait for its result.

        Raises:
            Lost: it came to none.
        """
        return await self.answer(self.submit(job_input), seconds)


@asynccontextmanager
async def trial(workers: Processes | Containers, log_file: Path) -> AsyncIterator[Trial]:
    """A worker while the context lasts; it need not have asked for a job yet.

    Args:
        workers: starts it.
        log_file: where it is to write.

    Raises:
        CannotStart: there is no such program or image.
    """
    wire = Wire()
    with log_file.open("wb") as log:
        endpoint = Endpoint(SETTINGS, replace(workers, log=log), ONE)
        async with serving([endpoint], keep=Keep(events=wire, bodies=True)) as up:
            watched = Trial(up, wire, log_file)
            await watched.begin()
            yield watched
