"""Thousands of jobs while workers are killed and connections fail: is each ended, once?

``python -m bench.emulator campaign [--jobs N] [--workers N] [--seed N]``
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path

import httpx

from runpod_emulator.endpoint import Rules
from runpod_emulator.faults import Fault, Schedule
from runpod_emulator.jobs import State
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Serving, Workers, serving
from runpod_emulator.settings import EndpointSettings

WORKER = Path(__file__).with_name("wire_worker.py")
FAULTS = [
    Fault("job-done", status=503, chance=0.05),
    Fault("job-done", drop="before", chance=0.05),
    Fault("job-done", drop="after", chance=0.05),
    Fault("job-done", repeat=True, chance=0.05),
    Fault("job-take", status=500, chance=0.05),
    Fault("job-take", drop="after", chance=0.02),
    Fault("status", drop="before", chance=0.05),
    Fault("run", status=429, chance=0.05),
]
KILL_EVERY_S = 1.0
AT_ONCE = 100


async def campaign(jobs: int, workers: int, seed: int) -> bool:
    """Run one; prints what happened; whether every job ended once."""
    dice = random.Random(seed)  # noqa: S311 - to be repeated
    schedule = Schedule(seed, FAULTS)
    pool = Workers([sys.executable, str(WORKER), "0.002"], Scaling(workers, workers))
    settings = EndpointSettings("ep", Rules(lease_s=5.0), poll_s=2.0)
    async with serving(settings, pool, faults=schedule) as up:
        killer = asyncio.create_task(_kill(up, dice))
        async with httpx.AsyncClient(headers={"Authorization": "key"}, timeout=60) as client:
            places = asyncio.Semaphore(AT_ONCE)
            ends = await asyncio.gather(
                *(_one(client, f"{up.url}/v2/ep", number, places) for number in range(jobs))
            )
        killed = await _stopped(killer)
        unfinished = [job.id for job in up.live.queue.jobs.values() if not job.state.final]
    states = Counter(state for state, _ in ends)
    wrong = sum(not right for _, right in ends)
    print(f"seed {seed}: {jobs} jobs, {workers} workers")
    print(f"  {killed} workers killed, {len(schedule.happened)} faults on the wire")
    print(f"  ended: {dict(states)}; with another job's result: {wrong}")
    print(f"  not ended: {len(unfinished)}")
    return len(ends) == jobs and not wrong and not unfinished


async def _one(
    client: httpx.AsyncClient, url: str, number: int, places: asyncio.Semaphore
) -> tuple[str, bool]:
    """One job's end as its caller sees it, and whether the result is its own."""
    async with places:
        job = (await _asked(client, "POST", f"{url}/run", {"input": {"n": number}}))["id"]
        while True:
            found = await _asked(client, "GET", f"{url}/status/{job}")
            if State(found["status"]).final:
                break
            await asyncio.sleep(0.2)
        again = await _asked(client, "GET", f"{url}/status/{job}")
        own = found.get("output", {"n": number}) == {"n": number}
        return found["status"], own and again == found


async def _asked(
    client: httpx.AsyncClient, method: str, url: str, body: object = None
) -> dict[str, str]:
    """An answer, asked for until there is one."""
    while True:
        try:
            answer = await client.request(method, url, json=body)
        except httpx.HTTPError:
            continue
        if answer.is_success:
            found: dict[str, str] = answer.json()
            return found
        await asyncio.sleep(0.01)


async def _kill(up: Serving, dice: random.Random) -> int:
    """Kill a worker now and then; returns how many when cancelled."""
    killed = 0
    try:
        while True:
            await asyncio.sleep(KILL_EVERY_S)
            members = [m for m in up.pool.members.values() if m.first_poll_at is not None]
            if members:
                dice.choice(members).worker.kill()
                killed += 1
    except asyncio.CancelledError:
        return killed


async def _stopped(task: asyncio.Task[int]) -> int:
    task.cancel()
    return await task
