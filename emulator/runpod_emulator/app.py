"""The emulator as one web application: all endpoints, for workers and for callers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from runpod_emulator import callers_api, control_api, workers_api
from runpod_emulator.clock import Clock, RealClock
from runpod_emulator.faults import Schedule
from runpod_emulator.faulty import Faulty
from runpod_emulator.jobs import Job
from runpod_emulator.live import Live
from runpod_emulator.pool import Pool
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.snapshot import EndpointSnapshot, snapshot
from runpod_emulator.store import Store
from runpod_emulator.webhooks import call_at_the_end

WORKER_KEY = "emulated-worker"


class Emulator:
    """RunPod Serverless on one machine.

    Args:
        endpoints: what is to be there.
        clock: the time; the real one unless a test moves it.
        store: keeps the jobs, if they are to outlive this process.
        schedule: what goes wrong.
        further: routes that come before the others.

    Attributes:
        endpoints: the endpoints in use, by id.
        pools: their workers, of those that have any of ours.
        clock: the time.
        schedule: what goes wrong.
        app: the ASGI application.
    """

    def __init__(
        self,
        endpoints: Iterable[EndpointSettings],
        clock: Clock | None = None,
        store: Store | None = None,
        schedule: Schedule | None = None,
        further: Iterable[Route] = (),
    ) -> None:
        self.clock = clock = clock or RealClock()
        self.schedule = schedule or Schedule()
        self.endpoints = {settings.id: Live(settings, clock, store) for settings in endpoints}
        self.pools: dict[str, Pool] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient()
        routes = [
            *further,
            *workers_api.routes(self._find),
            *callers_api.routes(self._find, self._submitted),
            *control_api.routes(self.schedule, self.snapshot),
        ]
        plain = Starlette(routes=routes, lifespan=lambda _: self.lifespan())
        self.app: ASGIApp = Faulty(plain, self.schedule, clock)

    def snapshot(self) -> list[EndpointSnapshot]:
        """How each endpoint is."""
        now = self.clock.now()
        return [snapshot(live, self.pools.get(name), now) for name, live in self.endpoints.items()]

    def close(self) -> None:
        """Answer everybody who waits, so that a web server can end."""
        for live in self.endpoints.values():
            live.close()

    def _find(self, request: Request) -> Live | None:
        return self.endpoints.get(request.path_params["endpoint"])

    def _submitted(self, live: Live, job: Job) -> None:
        task = asyncio.create_task(call_at_the_end(live, job, self._client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """What goes on beside answering requests, while the context lasts."""
        for live in self.endpoints.values():
            for job in live.queue.jobs.values():
                self._submitted(live, job)
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await self._client.aclose()


def worker_environment(base_url: str, endpoint: str, worker: str, key: str) -> dict[str, str]:
    """What RunPod sets in a worker's environment.

    Args:
        base_url: where the emulator is, as seen from the worker: ``http://host:port``.
        endpoint: the endpoint's id.
        worker: the worker's id.
        key: what the worker sends as ``Authorization``.
    """
    base = f"{base_url}/v2/{endpoint}"
    return {
        "RUNPOD_WEBHOOK_GET_JOB": f"{base}/job-take/$ID?gpu=SIM",
        "RUNPOD_WEBHOOK_POST_OUTPUT": f"{base}/job-done/$RUNPOD_POD_ID/$ID?gpu=SIM",
        "RUNPOD_WEBHOOK_POST_STREAM": f"{base}/job-stream/$RUNPOD_POD_ID/$ID?gpu=SIM",
        "RUNPOD_WEBHOOK_PING": f"{base}/ping/$RUNPOD_POD_ID?gpu=SIM",
        "RUNPOD_PING_INTERVAL": "2000",
        "RUNPOD_POD_ID": worker,
        "RUNPOD_ENDPOINT_ID": endpoint,
        "RUNPOD_AI_API_KEY": key,
    }
