"""How many jobs a second pass through the emulator, and how long one takes more than its work.

A worker that does nothing over the bare wire shows the emulator itself; RunPod's SDK sleeps for a
second whenever it is full, which hides it. The SDK's own development server is the peer for one
call: it runs the handler in the web server, and has no queue.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

import httpx

from bench.repeat import in_turns
from bench.report import Report, Row
from runpod_emulator.processes import Processes
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, serving
from runpod_emulator.settings import EndpointSettings

HERE = Path(__file__).parent
QUIET = {"RUNPOD_LOG_LEVEL": "ERROR"}
KEY = {"Authorization": "Bearer key"}
BODY = {"input": {"n": 1}}
AT_ONCE = 50
CALLS = 200


def measure(runs: int) -> Report:
    """Measure both, the candidates in turns."""
    sdk = f"RunPod's SDK {version('runpod')}"
    throughput: dict[str, Callable[[], float]] = {
        "a worker on the bare wire": partial(_ms_per_job, 2000, "wire_worker.py"),
        f"{sdk}, concurrency 8": partial(_ms_per_job, 40, "sdk_worker.py", "8"),
        f"{sdk}, concurrency 1": partial(_ms_per_job, 5, "sdk_worker.py", "1"),
    }
    latency: dict[str, Callable[[], float]] = {
        "the emulator, a worker on the bare wire": partial(_ms_per_call, "wire_worker.py"),
        f"the emulator, {sdk}": partial(_ms_per_call, "sdk_worker.py", "8"),
        f"the development server of {sdk}, no queue": _ms_per_call_without_queue,
    }
    rows = [
        *(Row("ms per job", *each, "ms") for each in in_turns(throughput, runs).items()),
        *(Row("ms per call", *each, "ms") for each in in_turns(latency, runs).items()),
    ]
    return Report("The emulator", rows, [
        f"ms per job: {AT_ONCE} callers at once use /run, one worker; until the last job has ended",
        f"ms per call: /runsync, one after the other; the median of {CALLS}",
    ])  # fmt: skip


def _ms_per_job(jobs: int, *worker: str) -> float:
    async def pass_through() -> float:
        async with _up(*worker) as (url, client):
            places = asyncio.Semaphore(AT_ONCE)

            async def submit() -> None:
                async with places:
                    (await client.post(f"{url}/run", json=BODY)).raise_for_status()

            began = time.perf_counter()
            await asyncio.gather(*(submit() for _ in range(jobs)))
            while await _completed(client, url) < jobs + 1:  # one to warm up
                await asyncio.sleep(0.05)
            return (time.perf_counter() - began) / jobs * 1000

    return asyncio.run(pass_through())


def _ms_per_call(*worker: str) -> float:
    async def call() -> float:
        async with _up(*worker) as (url, client):
            return await _median_ms(client, url)

    return asyncio.run(call())


def _ms_per_call_without_queue() -> float:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, str(HERE / "sdk_worker.py"), "1", "--rp_serve_api"]
    process = subprocess.Popen(
        [*command, "--rp_api_port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    async def call() -> float:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient() as client:
            while not await _answers(client, url):
                await asyncio.sleep(0.1)
            return await _median_ms(client, url)

    try:
        return asyncio.run(call())
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def _up(*worker: str) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """An endpoint with one worker that has answered a job."""
    command = [sys.executable, str(HERE / worker[0]), *worker[1:]]
    settings = EndpointSettings("ep", rates={})  # more than RunPod would let through
    endpoint = Endpoint(settings, Processes(command, environment=QUIET), Scaling(1, 1))
    async with serving([endpoint]) as up, httpx.AsyncClient(headers=KEY, timeout=90) as client:
        url = f"{up.url}/v2/ep"
        (await client.post(f"{url}/runsync", json=BODY)).raise_for_status()
        yield url, client


async def _median_ms(client: httpx.AsyncClient, url: str) -> float:
    return median([await _ms(client.post(f"{url}/runsync", json=BODY)) for _ in range(CALLS)])


async def _ms(request: Coroutine[None, None, httpx.Response]) -> float:
    began = time.perf_counter()
    answer = await request
    assert answer.json()["output"] == BODY["input"]
    return (time.perf_counter() - began) * 1000


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/docs")).status_code < 500
    except httpx.HTTPError:
        return False


async def _completed(client: httpx.AsyncClient, url: str) -> int:
    count: int = (await client.get(f"{url}/health")).json()["jobs"]["completed"]
    return count
