"""The RunPod emulator in a thread, for tests that start a worker of their own to hand jobs to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from runpod_emulator.app import Emulator, worker_environment
from runpod_emulator.endpoint import Rules
from runpod_emulator.jobs import Job
from runpod_emulator.live import Live
from runpod_emulator.serving import listening
from runpod_emulator.settings import EndpointSettings

T = TypeVar("T")


class ControlPlane:
    """One endpoint with a queue of jobs, and no workers but those that come by themselves.

    Args:
        address: where it listens and workers find it; workers in containers need another than
            loopback.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        self._ready: concurrent.futures.Future[tuple[str, Live]] = concurrent.futures.Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._jobs: dict[str, Job] = {}
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])
        self._thread.start()
        self._url, self._live = self._ready.result(30)

    async def _run(self) -> None:
        # Any input is handed on as it is: it is the worker that has to refuse it.
        settings = EndpointSettings("ep", rules=Rules(drop_empty_input=False), poll_s=1.0)
        emulator = Emulator([settings])
        async with listening(emulator.app, (self._address, 0)) as url:
            self._ready.set_result((url, emulator.endpoints["ep"]))
            await self._stop.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def environment(self) -> dict[str, str]:
        """What RunPod sets in a worker's environment."""
        return worker_environment(self._url, "ep", "pod1", "test")

    def submit(self, name: str, job_input: object) -> str:
        """Queue a job, to be called by that name; returns its id."""

        def put() -> Job:
            job = self._live.queue.submit({"input": job_input}, self._live.now())
            self._live.changed()
            return job

        self._jobs[name] = self._call(put)
        return self._jobs[name].id

    def result(self, name: str, timeout_s: float = 60.0) -> dict[str, Any]:
        """What the worker posted for that job: ``{"output": ...}`` or ``{"error": ...}``.

        Raises:
            TimeoutError: nothing, for so long.
        """
        job = self._jobs[name]
        deadline = time.monotonic() + timeout_s
        while not job.state.final:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no result for {name}")
            time.sleep(0.02)
        return {key: job.public()[key] for key in ("output", "error") if key in job.public()}

    def unhealthy(self) -> dict[str, str]:
        """The workers that said so, and why."""
        return self._call(lambda: dict(self._live.unhealthy))

    def _call(self, work: Callable[[], T]) -> T:
        """Do something where the emulator runs."""

        async def do() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(30)
