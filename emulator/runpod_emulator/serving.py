"""Runs the emulator and its endpoints' workers until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import IO

import uvicorn
from starlette.types import ASGIApp

from runpod_emulator.app import WORKER_KEY, Emulator, worker_environment
from runpod_emulator.events import EventLog
from runpod_emulator.faults import Schedule
from runpod_emulator.faulty import Dropped
from runpod_emulator.live import Live
from runpod_emulator.pool import Pool
from runpod_emulator.rest.account import Account
from runpod_emulator.rest.api import routes
from runpod_emulator.scaling import Scaling
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store
from runpod_emulator.workers import Worker, Workers

ACCOUNT = "/"  # no endpoint has such an id


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an endpoint is to be.

    Attributes:
        settings: how it treats its jobs and callers.
        workers: what its workers are; None if they come by themselves.
        scaling: how many there are to be.
    """

    settings: EndpointSettings
    workers: Workers | None = None
    scaling: Scaling = field(default_factory=Scaling)


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
        emulator: its endpoints and their workers.
        addresses: for each endpoint the emulator's URL as its workers see it.
    """

    url: str
    emulator: Emulator
    addresses: Mapping[str, str]

    def live(self, endpoint: str) -> Live:
        """An endpoint that is up."""
        return self.emulator.endpoints[endpoint]

    def pool(self, endpoint: str) -> Pool:
        """The workers of an endpoint."""
        return self.emulator.pools[endpoint]


@asynccontextmanager
async def serving(
    endpoints: Sequence[Endpoint],
    address: tuple[str, int] = ("127.0.0.1", 0),
    *,
    keep: Keep | None = None,
    faults: Schedule | None = None,
    account: Account | None = None,
) -> AsyncIterator[Serving]:
    """Endpoints and their workers, while the context lasts.

    Args:
        endpoints: what is to be there.
        address: where callers find it; port 0 for any that is free. It also listens where workers
            in containers find it, on the same port.
        keep: what is written down of it.
        faults: what goes wrong; more can be added at ``/emulator/faults``.
        account: takes further endpoints, over RunPod's REST API.

    Raises:
        CannotStart: an endpoint can have no workers.
    """
    keep = keep or Keep()
    further = routes(account) if account else []
    emulator = Emulator([e.settings for e in endpoints], None, keep.store, faults, further)
    app: ASGIApp = emulator.app
    if keep.events is not None:
        app = EventLog(app, emulator.clock, keep.events, bodies=keep.bodies)
    with ExitStack() as stack:
        seen_from = {
            endpoint.settings.id: stack.enter_context(endpoint.workers.opened())
            for endpoint in endpoints
            if endpoint.workers is not None
        }
        if account:
            seen_from[ACCOUNT] = stack.enter_context(account.settings.images.opened())
        async with listening(app, address, *seen_from.values()) as (url, port):
            addresses = {name: f"http://{host}:{port}" for name, host in seen_from.items()}
            for endpoint in endpoints:
                name = endpoint.settings.id
                if endpoint.workers is not None:
                    emulator.pools[name] = _pool(emulator, endpoint, addresses[name])
            async with AsyncExitStack() as running:
                await running.enter_async_context(_running(emulator.pools.values()))
                if account:
                    up = account.up(emulator, url, addresses[ACCOUNT])
                    await running.enter_async_context(up)
                try:
                    yield Serving(url, emulator, addresses)
                finally:
                    emulator.close()


@asynccontextmanager
async def _running(pools: Iterable[Pool]) -> AsyncIterator[None]:
    """Look after workers while the context lasts; should one pool fail, so does everything."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(pool.run()) for pool in pools]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as failed:
        if len(failed.exceptions) == 1:  # one thing went wrong: it is what the caller is told
            raise failed.exceptions[0] from None
        raise


def _pool(emulator: Emulator, endpoint: Endpoint, url: str) -> Pool:
    name, workers = endpoint.settings.id, endpoint.workers

    def start(worker: str) -> Worker:
        assert workers is not None  # noqa: S101 - an endpoint without has no pool
        return workers.start(worker, worker_environment(url, name, worker, WORKER_KEY))

    return Pool(emulator.endpoints[name], endpoint.scaling, start, emulator.schedule)


@asynccontextmanager
async def listening(
    app: ASGIApp, address: tuple[str, int], *others: str
) -> AsyncIterator[tuple[str, int]]:
    """Serve an application while the context lasts.

    Args:
        app: what answers.
        address: host and port; port 0 for any that is free.
        others: further hosts to listen on, on the same port.

    Returns:
        Its URL, and its port.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=1)
    server = _Server(config)
    with ExitStack() as stack:
        first = stack.enter_context(_listener(address))
        host, port = first.getsockname()[:2]
        further = set(others) - {host} if host != "0.0.0.0" else set()  # noqa: S104 - a comparison
        sockets = [stack.enter_context(_listener((other, port))) for other in further]
        task = asyncio.create_task(server.serve([first, *sockets]))
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        try:
            yield f"http://{host}:{port}", port
        finally:
            server.should_exit = True
            await task


def _listener(address: tuple[str, int]) -> socket.socket:
    """A socket whose connections send what they have at once.

    asyncio sees to that only for sockets that were made with their protocol's number, which this
    one was not: each answer's last part waited 40 ms for the receiver.
    """
    listener = socket.create_server(address)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the web server's log says something that was not asked for."""
    return not (record.exc_info and isinstance(record.exc_info[1], Dropped))


class _Server(uvicorn.Server):
    """A web server that leaves signals to who runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
