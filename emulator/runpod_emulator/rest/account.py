"""An account: its endpoints and what it may have."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from runpod_emulator.app import WORKER_KEY, Emulator, worker_environment
from runpod_emulator.live import Live
from runpod_emulator.rest.bodies import EndpointChange, NewEndpoint, NewRegistry
from runpod_emulator.rest.catalog import DATA_CENTERS
from runpod_emulator.rest.configuration import Configuration, changed, made
from runpod_emulator.rest.endpoint import Managed, settings
from runpod_emulator.rest.images import Images, Pulled
from runpod_emulator.rest.problems import Problem
from runpod_emulator.rest.standin import failed, throttled
from runpod_emulator.workers import CannotStart, Worker

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an account is.

    Attributes:
        images: where images come from, and what runs them.
        api_key: what callers have to send; None: anything, but something.
        workers_quota: how many workers all endpoints together may have; a new account's is 5.
        capacity: the data centres that have any; elsewhere workers wait for ever, and nobody says.
        volumes: the ids of its network volumes.
    """

    images: Images = field(default_factory=Pulled)
    api_key: str | None = None
    workers_quota: int = 5
    capacity: frozenset[str] = frozenset(DATA_CENTERS)
    volumes: frozenset[str] = frozenset()


class Account:
    """An account that is up.

    Args:
        settings: what it is.

    Attributes:
        endpoints: by id.
        registries: the names of registry credentials, by id.
        url: where jobs are sent.
    """

    def __init__(self, settings: AccountSettings) -> None:
        self.settings = settings
        self.endpoints: dict[str, Managed] = {}
        self.registries: dict[str, str] = {}
        self.url = ""

    @asynccontextmanager
    async def up(self, emulator: Emulator, url: str, seen_from: str) -> AsyncIterator[None]:
        """Have endpoints, while the context lasts.

        Args:
            emulator: where their jobs are.
            url: its URL.
            seen_from: its URL as workers see it.
        """
        self.url, self._emulator, self._seen_from = url, emulator, seen_from
        with tempfile.TemporaryDirectory(prefix="runpod-emulator-") as folder, ExitStack() as files:
            self._logs, self._files = Path(folder), files
            try:
                yield
            finally:
                for endpoint_id in list(self.endpoints):
                    await self.delete(endpoint_id)

    def create(self, body: NewEndpoint) -> Managed:
        """A new endpoint; its name need not be.

        Raises:
            Problem: there can be none like that.
        """
        config = made(body)
        self._admit(config)
        endpoint_id = _new_id()
        live = Live(settings(endpoint_id, config), self._emulator.clock)
        start = partial(self._start, endpoint_id)
        managed = Managed(endpoint_id, config, live, start, self._emulator.schedule)
        self.endpoints[endpoint_id] = managed
        self._emulator.endpoints[endpoint_id] = live
        self._emulator.pools[endpoint_id] = managed.pool
        return managed

    def find(self, endpoint_id: str) -> Managed:
        """The endpoint with that id.

        Raises:
            Problem: there is none.
        """
        if endpoint_id not in self.endpoints:
            raise Problem(404, "endpoint not found")
        return self.endpoints[endpoint_id]

    def change(self, endpoint_id: str, body: EndpointChange) -> Managed:
        """Change an endpoint.

        Raises:
            Problem: there is none, or it cannot be that.
        """
        found = self.find(endpoint_id)
        config = changed(found.config, body)
        self._admit(config, besides=found)
        found.change(config)
        return found

    async def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint, its workers and its jobs.

        Raises:
            Problem: there is none.
        """
        found = self.find(endpoint_id)
        del self.endpoints[endpoint_id]
        del self._emulator.endpoints[endpoint_id]
        del self._emulator.pools[endpoint_id]
        await found.end()

    def add_registry(self, body: NewRegistry) -> str:
        """Keep a registry's credentials; returns their id."""
        registry_id = _new_id()
        self.registries[registry_id] = body.name
        return registry_id

    def log(self, worker: str) -> Path:
        """What a worker has written."""
        return self._logs / f"{worker}.log"

    def _admit(self, config: Configuration, besides: Managed | None = None) -> None:
        others = (each for each in self.endpoints.values() if each is not besides)
        workers = config["workers"]["max"] + sum(each.config["workers"]["max"] for each in others)
        quota = self.settings.workers_quota
        if workers > quota:
            detail = f"Max workers across all endpoints must not exceed your quota ({quota})"
            raise Problem(400, detail)
        if config["registry"] is not None and config["registry"] not in self.registries:
            raise Problem(400, "registry not found")
        if not set(config["networkVolumes"]) <= self.settings.volumes:
            raise Problem(400, "network volume not found")

    def _start(self, endpoint_id: str, config: Configuration, worker: str) -> tuple[Worker, bool]:
        places = set(config["dataCenterIds"] or DATA_CENTERS)
        if not places & self.settings.capacity:
            return throttled(), False
        environment = worker_environment(self._seen_from, endpoint_id, worker, WORKER_KEY)
        log = self._files.enter_context(self.log(worker).open("ab", buffering=0))
        try:
            return self.settings.images.start(config, worker, environment, log), True
        except CannotStart as error:
            log.write(f"{error}\n".encode())
            return failed(), True


def _new_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(14))
