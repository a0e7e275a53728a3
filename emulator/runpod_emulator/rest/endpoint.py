"""An endpoint of the account: what it is told to be, its releases, its queue and its workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runpod_emulator.faults import Schedule
from runpod_emulator.live import Live
from runpod_emulator.pool import Pool
from runpod_emulator.rest.catalog import GPU_TYPES
from runpod_emulator.rest.configuration import WORKERS, Configuration, difference
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.snapshot import WorkerSnapshot, snapshot
from runpod_emulator.workers import Worker

JOBS = {
    "run": "run", "runSync": "runsync", "status": "status/{job_id}", "stream": "stream/{job_id}",
    "cancel": "cancel/{job_id}", "retry": "retry/{job_id}", "purgeQueue": "purge-queue",
    "health": "health",
}  # fmt: skip
STATUS = {"initializing": "INITIALIZING", "idle": "IDLE", "unhealthy": "UNHEALTHY"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A worker that was started.

    Attributes:
        version: of the endpoint's configuration it runs.
        image: its image.
        at: when.
        throttled: whether there was no capacity for it.
    """

    version: int
    image: str
    at: float
    throttled: bool


class Managed:
    """One endpoint.

    Args:
        endpoint_id: its id.
        config: what it is to be.
        live: its queue.
        start: starts a worker for a configuration and a name; whether there was capacity for it.
        schedule: what befalls its workers.
    """

    def __init__(
        self,
        endpoint_id: str,
        config: Configuration,
        live: Live,
        start: Callable[[Configuration, str], tuple[Worker, bool]],
        schedule: Schedule,
    ) -> None:
        self.id, self.config, self.live, self._start = endpoint_id, config, live, start
        self.created_at = live.clock.now()
        self.placed: dict[str, Placed] = {}
        self.releases = [self._release(1, [])]
        self.pool = Pool(live, scaling(config), self._place, schedule)
        self._task = asyncio.ensure_future(self.pool.run())

    @property
    def version(self) -> int:
        """Of its configuration: how many releases there were."""
        return len(self.releases)

    def change(self, config: Configuration) -> None:
        """Be something else; what its workers are made of makes a release, and replaces them."""
        if diff := difference(self.config, config):
            self.releases.insert(0, self._release(self.version + 1, diff))
            self.pool.retire()
        self.config, self.pool.scaling = config, scaling(config)
        self.live.queue.rules = _rules(config)

    async def end(self) -> None:
        """End its workers, and answer everybody who waits."""
        self.live.close()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def public(self, url: str) -> dict[str, Any]:
        """The endpoint as the API shows it; ``url``: where its jobs are sent."""
        created = datetime.fromtimestamp(self.created_at, UTC).isoformat()
        urls = {name: f"{url}/v2/{self.id}/{path}" for name, path in JOBS.items()}
        return {"id": self.id, **self.config, "requestUrls": urls, "createdAt": created}

    def workers(self) -> list[dict[str, Any]]:
        """Its workers as the API shows them."""
        now = self.live.clock.now()
        found = snapshot(self.live, self.pool, now).workers
        return [self._worker(each, now) for each in found if each.jobs or each.state != "leaving"]

    def rollout(self) -> dict[str, Any]:
        """How far the latest release has come."""
        workers = self.workers()
        latest = sum(not worker["isStale"] for worker in workers)
        return {
            "inProgress": latest < len(workers),
            "workersOnLatest": latest,
            "workersTotal": len(workers),
            "percentOnLatest": round(100 * latest / len(workers)) if workers else 0,
        }

    def history(self) -> list[dict[str, Any]]:
        """Its releases, newest first."""
        workers = self.workers()
        return [
            {**release, "workerCount": sum(w["version"] == release["version"] for w in workers)}
            for release in self.releases
        ]

    def _worker(self, found: WorkerSnapshot, now: float) -> dict[str, Any]:
        placed, gpu = self.placed[found.id], self.config["gpu"]
        state = "RUNNING" if found.jobs else STATUS.get(found.state, "IDLE")
        where = self.config["dataCenterIds"][:1] or ["US-TX-3"]
        return {
            "id": found.id,
            "status": "THROTTLED" if placed.throttled else state,
            "isStale": placed.version != self.version,
            "version": placed.version,
            "image": placed.image,
            "gpuCount": gpu["count"] if gpu else 0,
            "gpuTypeId": GPU_TYPES[gpu["pools"][0]][0] if gpu and not placed.throttled else None,
            "dataCenterId": None if placed.throttled else where[0],
            "uptimeSeconds": None if placed.throttled else int(now - placed.at),
        }

    def _place(self, name: str) -> Worker:
        worker, placed = self._start(self.config, name)
        now = self.live.clock.now()
        self.placed[name] = Placed(self.version, self.config["image"], now, not placed)
        return worker

    def _release(self, version: int, diff: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"rel_{self.id}_{version}",
            "version": version,
            "source": "MANUAL",
            "createdAt": datetime.fromtimestamp(self.live.clock.now(), UTC).isoformat(),
            "diff": diff,
        }


def scaling(config: Configuration) -> Scaling:
    """An endpoint's scaling in the emulator's words."""
    workers, rule = config["workers"], config["scaling"]
    return Scaling(
        workers_min=workers["min"],
        workers_max=workers["max"],
        idle_timeout_s=workers.get("idleTimeout", WORKERS["idleTimeout"]),
        scaler=rule["type"],
        queue_delay_s=rule.get("queueDelay", 4),
        request_count=rule.get("requestCount", 4),
    )


def settings(endpoint_id: str, config: Configuration) -> EndpointSettings:
    """An endpoint's queue in the emulator's words."""
    gpu = config["gpu"]["pools"][0] if config["gpu"] else config["cpu"][0]["id"]
    return EndpointSettings(endpoint_id, rules=_rules(config), gpu=gpu)


def _rules(config: Configuration) -> Rules:
    # With no timeout a job runs as long as the queue lets it by itself.
    return Rules(execution_timeout_s=config["timeout"] / 1000) if config["timeout"] else Rules()
