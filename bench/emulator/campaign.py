"""Thousands of jobs while workers are killed and connections fail: does each end, once?

``nox -s bench-emulator -- campaign [--jobs N] [--workers N] [--seed N]``
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runpod_emulator.faults import Fault, Schedule
from runpod_emulator.jobs import State
from runpod_emulator.processes import Processes
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, listening, serving
from runpod_emulator.settings import EndpointSettings

WORKER = Path(__file__).with_name("wire_worker.py")
FAULTS = [
    Fault("worker", signal="KILL", delay_s=0.001, chance=0.01),
    Fault("worker", signal="TERM", chance=0.005),
    Fault("job-done", status=503, chance=0.05),
    Fault("job-done", drop="before", chance=0.05),
    Fault("job-done", drop="after", chance=0.05),
    Fault("job-done", repeat=True, chance=0.05),
    Fault("job-done", late_s=0.5, chance=0.05),
    Fault("job-take", status=500, chance=0.05),
    Fault("job-take", drop="after", chance=0.01),
    Fault("ping", drop="before", chance=0.2),
    Fault("status", drop="before", chance=0.05),
    Fault("run", status=429, chance=0.05),
]
AT_ONCE = 100


@dataclass
class Callbacks:
    """The webhooks that were called, by job."""

    calls: Counter[str] = field(default_factory=Counter)

    async def called(self, request: Request) -> Response:
        """Count a call."""
        self.calls[(await request.json())["id"]] += 1
        return Response()

    def app(self) -> Starlette:
        """What is called."""
        return Starlette(routes=[Route("/", self.called, methods=["POST"])])


async def campaign(jobs: int, workers: int, seed: int) -> bool:
    """Run one; prints what happened; whether every job ended once, and its caller was told once."""
    schedule, callbacks = Schedule(seed, FAULTS), Callbacks()
    print(f"seed {seed}: {jobs} jobs, {workers} workers")
    for fault in FAULTS:
        print("  " + " ".join(f"{k}={v}" for k, v in asdict(fault).items() if v))
    endpoint = Endpoint(
        # A campaign's callers ask more often than people do.
        EndpointSettings("ep", Rules(lease_s=5.0), poll_s=2.0, rates={}),
        Processes([sys.executable, str(WORKER), "0.002"]),
        Scaling(workers, workers),
    )
    async with (
        listening(callbacks.app(), ("127.0.0.1", 0)) as (webhook, _),
        serving([endpoint], faults=schedule) as up,
        httpx.AsyncClient(headers={"Authorization": "key"}, timeout=60) as client,
    ):
        places = asyncio.Semaphore(AT_ONCE)
        url = f"{up.url}/v2/ep"
        ends = await asyncio.gather(
            *(_one(client, url, webhook, number, places) for number in range(jobs))
        )
        await asyncio.sleep(1)  # for whatever is still on its way
        found = [await _asked(client, "GET", f"{url}/status/{end['id']}") for end in ends]
        queue, restarts = up.live("ep").queue, len(up.pool("ep").ended)
        submitted = len(queue.jobs)
        unfinished = len(queue.waiting) + len(queue.running)
    changed = sum(first != second for first, second in zip(ends, found, strict=True))
    wrong = sum(e.get("output", {"n": n}) != {"n": n} for n, e in enumerate(ends))
    told = callbacks.calls
    missed = sum(told[end["id"]] == 0 for end in ends)
    twice = sum(count > 1 for count in told.values())
    states = Counter(end["status"] for end in ends)
    print(f"{restarts} workers ended, {_happened(schedule)}")
    print(f"ended: {dict(states)}; {sum(e.get('retries', 0) for e in ends)} handed out again")
    print(f"not ended: {unfinished}; changed after the end: {changed}; another's result: {wrong}")
    print(f"webhooks: {sum(told.values())} calls, {missed} missed, {twice} jobs told twice")
    final = all(State(state).final for state in states)
    return final and submitted == jobs and not (unfinished or changed or wrong or missed or twice)


async def _one(
    client: httpx.AsyncClient, url: str, webhook: str, number: int, places: asyncio.Semaphore
) -> dict[str, Any]:
    """One job's end as its caller sees it."""
    async with places:
        request = {"input": {"n": number}, "webhook": webhook}
        job = (await _asked(client, "POST", f"{url}/run", request))["id"]
        while True:
            found = await _asked(client, "GET", f"{url}/status/{job}")
            if State(found["status"]).final:
                return found
            await asyncio.sleep(0.2)


async def _asked(
    client: httpx.AsyncClient, method: str, url: str, body: object = None
) -> dict[str, Any]:
    """An answer, asked for until there is one."""
    while True:
        try:
            answer = await client.request(method, url, json=body)
        except httpx.HTTPError:
            continue
        if answer.is_success:
            found: dict[str, Any] = answer.json()
            return found
        await asyncio.sleep(0.01)


def _happened(schedule: Schedule) -> str:
    places = Counter(place for place, _ in schedule.happened)
    return "faults: " + ", ".join(f"{count} on {place}" for place, count in places.most_common())
