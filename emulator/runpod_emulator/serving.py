"""Runs the emulator and an endpoint's workers until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import uvicorn
from starlette.types import ASGIApp

from runpod_emulator.app import Emulator, worker_environment
from runpod_emulator.events import EventLog
from runpod_emulator.faults import Schedule
from runpod_emulator.faulty import Dropped, Faulty
from runpod_emulator.live import Live
from runpod_emulator.pool import Pool
from runpod_emulator.processes import WorkerProcess
from runpod_emulator.scaling import Scaling
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store

WORKER_KEY = "emulated-worker"


@dataclass(frozen=True, slots=True)
class Workers:
    """What an endpoint's workers are: processes of this machine.

    Attributes:
        command: starts one.
        scaling: how many there are to be.
        folder: where they run; here, if not given.
        environment: added to this process's own environment variables.
        log: where they write; this process's standard error, if not given.
    """

    command: Sequence[str]
    scaling: Scaling = field(default_factory=Scaling)
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    log: IO[bytes] | int = 2

    def start(self, runpod: Mapping[str, str]) -> WorkerProcess:
        """Start one, with what RunPod sets in its environment."""
        environment = {**self.environment, **runpod}
        return WorkerProcess(self.command, environment, self.folder or Path.cwd(), self.log)


@dataclass(frozen=True, slots=True)
class Keep:
    """What is written down.

    Attributes:
        store: the jobs, so that a restart loses none.
        events: a line for each message on the wire.
        bodies: with the messages themselves.
    """

    store: Store | None = None
    events: IO[str] | None = None
    bodies: bool = False


@dataclass(frozen=True, slots=True)
class Serving:
    """An emulator that is up.

    Attributes:
        url: what stands for ``https://api.runpod.ai``; callers add ``/v2/<endpoint>/run``.
        live: the endpoint.
        pool: its workers.
    """

    url: str
    live: Live
    pool: Pool


@asynccontextmanager
async def serving(
    settings: EndpointSettings,
    workers: Workers,
    address: tuple[str, int] = ("127.0.0.1", 0),
    *,
    keep: Keep | None = None,
    faults: Schedule | None = None,
) -> AsyncIterator[Serving]:
    """An endpoint and its workers, while the context lasts.

    Args:
        settings: the endpoint.
        workers: its workers.
        address: where the emulator listens; port 0 for any that is free.
        keep: what is written down of it.
        faults: what goes wrong; more can be added at ``/emulator/faults``.
    """
    keep = keep or Keep()
    emulator = Emulator([settings], store=keep.store)
    live = emulator.endpoints[settings.id]
    app: ASGIApp = Faulty(emulator.app, faults or Schedule(), live.clock)
    if keep.events is not None:
        app = EventLog(app, live.clock, keep.events, bodies=keep.bodies)
    async with listening(app, address) as url:

        def start(worker: str) -> WorkerProcess:
            return workers.start(worker_environment(url, settings.id, worker, WORKER_KEY))

        pool = Pool(live, workers.scaling, start)
        async with asyncio.TaskGroup() as group:  # should the pool fail, so does everything
            task = group.create_task(pool.run())
            try:
                yield Serving(url, live, pool)
            finally:
                task.cancel()
                emulator.close()


@asynccontextmanager
async def listening(app: ASGIApp, address: tuple[str, int]) -> AsyncIterator[str]:
    """Serve an application while the context lasts.

    Args:
        app: what answers.
        address: host and port; port 0 for any that is free.

    Returns:
        Its URL.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=1)
    server = _Server(config)
    with socket.create_server(address) as listener:
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        try:
            yield "http://{}:{}".format(*listener.getsockname()[:2])
        finally:
            server.should_exit = True
            await task


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the web server's log says something that was not asked for."""
    return not (record.exc_info and isinstance(record.exc_info[1], Dropped))


class _Server(uvicorn.Server):
    """A web server that leaves signals to who runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
