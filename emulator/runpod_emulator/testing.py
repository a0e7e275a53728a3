"""Emulated endpoints for tests that are not asynchronous: the emulator in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import io
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from runpod_emulator.app import WORKER_KEY, worker_environment
from runpod_emulator.faults import Schedule
from runpod_emulator.jobs import Job
from runpod_emulator.rest.account import Account, AccountSettings
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, Keep, Serving, serving
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.workers import Workers

T = TypeVar("T")

START_S = 30.0


class _Serves:
    """An emulator in a thread, up while the context lasts.

    Attributes:
        events: what was said on the wire so far: method, path, status, sizes, hashes.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        address: str,
        faults: Schedule | None,
        account: Account | None = None,
    ) -> None:
        self._endpoints, self._address, self._faults = endpoints, address, faults
        self._account = account
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready: concurrent.futures.Future[Serving] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._work, name="runpod-emulator")
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._up = self._ready.result(START_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _work(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # whoever waits for the start is told
            if self._ready.done():
                raise
            self._ready.set_exception(error)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        keep = Keep(events=_Lines(self.events), bodies=self._account is not None)
        where = (self._address, 0)
        async with serving(
            self._endpoints, where, keep=keep, faults=self._faults, account=self._account
        ) as up:
            self._ready.set_result(up)
            await self._stop.wait()

    def _there(self, work: Callable[[], T]) -> T:
        """Do something in the emulator's thread."""

        async def do() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(START_S)


class Emulated(_Serves):
    """One endpoint, up while the context lasts.

    Args:
        workers: its workers; without any, it waits for those that come by themselves.
        settings: the endpoint.
        scaling: how many workers there are to be.
        address: where it listens and workers find it; workers in containers need another address
            than loopback.
        faults: what goes wrong.

    Attributes:
        events: what was said on the wire so far: method, path, status, sizes, hashes.
    """

    def __init__(
        self,
        workers: Workers | None = None,
        settings: EndpointSettings | None = None,
        scaling: Scaling | None = None,
        address: str = "127.0.0.1",
        faults: Schedule | None = None,
    ) -> None:
        settings = settings or EndpointSettings("test")
        endpoint = Endpoint(settings, workers, scaling or Scaling(workers_max=1))
        self._id = settings.id
        super().__init__([endpoint], address, faults)

    @property
    def url(self) -> str:
        """What stands for ``https://api.runpod.ai/v2/<endpoint>``."""
        return f"{self.base_url}/{self._id}"

    @property
    def base_url(self) -> str:
        """What stands for ``https://api.runpod.ai/v2``: the SDK's RUNPOD_ENDPOINT_BASE_URL."""
        return f"{self._up.url}/v2"

    def environment(self, worker: str = "worker") -> dict[str, str]:
        """What RunPod sets in the environment of a worker of that id."""
        return worker_environment(self._up.url, self._id, worker, WORKER_KEY)

    def submit(self, job_input: object, **extras: object) -> str:
        """Queue a job; returns its id.

        Args:
            job_input: its ``input``, which may be anything: what callers may send is checked where
                they send it.
            extras: ``policy``, ``webhook``, ``s3Config``.
        """

        def put() -> Job:
            live = self._up.live(self._id)
            job = live.queue.submit({"input": job_input, **extras}, live.now())
            live.changed()
            return job

        return self._there(put).id

    def result(self, job_id: str, timeout_s: float = 60.0) -> dict[str, Any]:
        """A job at its end, as ``/status`` shows it.

        Raises:
            TimeoutError: it has not ended by then.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            job = self._there(lambda: self._up.live(self._id).queue.jobs[job_id])
            if job.state.final:
                return self._there(job.public)
            time.sleep(0.02)
        raise TimeoutError(f"{job_id} has not ended in {timeout_s} s")

    def run(self, job_input: object, timeout_s: float = 60.0) -> dict[str, Any]:
        """Queue a job and wait for its end."""
        return self.result(self.submit(job_input), timeout_s)

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs that are not forgotten yet, oldest first: as ``/status`` shows, with input."""

        def read() -> list[dict[str, Any]]:
            jobs = self._up.live(self._id).queue.jobs.values()
            return [{**job.public(), "input": job.input} for job in jobs]

        return self._there(read)

    def unhealthy(self) -> dict[str, str]:
        """The workers that said so at their start, and why."""
        return self._there(lambda: dict(self._up.live(self._id).unhealthy))

    def exit_codes(self) -> list[int]:
        """Of the workers that have ended, in that order."""
        return self._there(lambda: list(self._up.pool(self._id).exit_codes))


class EmulatedAccount(_Serves):
    """An account without endpoints, which RunPod's REST API makes; up while the context lasts.

    Args:
        settings: the account.
        faults: what goes wrong.
        address: where it listens.

    Attributes:
        schedule: what goes wrong; more can be added at any time.
        events: as of ``Emulated``, with the bodies.
    """

    def __init__(
        self,
        settings: AccountSettings | None = None,
        faults: Schedule | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self.schedule = faults or Schedule()
        super().__init__([], address, self.schedule, Account(settings or AccountSettings()))

    @property
    def url(self) -> str:
        """What stands for ``https://api.runpod.io/v2``."""
        return f"{self._up.url}/v2"


class _Lines(io.StringIO):
    """A file of JSON lines that is a list."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__()
        self._events = events

    def write(self, text: str) -> int:
        self._events.append(json.loads(text))
        return len(text)
