"""RunPod's own, unmodified worker and clients against the emulator, in real time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runpod_emulator.processes import Processes
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, Serving, serving
from runpod_emulator.settings import EndpointSettings

pytestmark = pytest.mark.anyio

HANDLERS = Path(__file__).with_name("handlers.py")
QUIET = {"RUNPOD_LOG_LEVEL": "INFO"}
SETTINGS = EndpointSettings("ep", rules=Rules(lease_s=6.0), poll_s=1.0)


PRELUDE = """
import asyncio, json, time
import aiohttp, runpod
endpoint = runpod.Endpoint("ep", api_key="key")
show = lambda found: print(json.dumps(found))
"""


def endpoint(scaling: Scaling, *arguments: str) -> Endpoint:
    command = [sys.executable, str(HANDLERS), *arguments]
    return Endpoint(SETTINGS, Processes(command, environment=QUIET), scaling)


@pytest.fixture
async def up(request: pytest.FixtureRequest) -> AsyncIterator[Serving]:
    """An endpoint with workers of the SDK; a parameter is handed to the worker."""
    arguments = [request.param] if hasattr(request, "param") else []
    scaling = Scaling(workers_max=2, idle_timeout_s=60)
    async with serving([endpoint(scaling, *arguments)]) as up:
        yield up


async def client(up: Serving, code: str) -> Any:
    """What a program prints as JSON that uses the SDK's client as its documentation shows."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{PRELUDE}\n{textwrap.dedent(code)}",
        env={"PATH": os.environ["PATH"], "RUNPOD_ENDPOINT_BASE_URL": f"{up.url}/v2"},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode == 0
    return json.loads(out)


async def test_run_sync_gives_the_workers_answer(up: Serving) -> None:
    assert (await client(up, "show(endpoint.run_sync({'a': 1}, timeout=60))"))["echo"] == {"a": 1}


async def test_a_job_is_run_watched_and_read(up: Serving) -> None:
    code = """
        job = endpoint.run({"a": 2})
        output = job.output(timeout=60)
        show([output["echo"], job.status(), endpoint.health()])
    """
    output, status, health = await client(up, code)
    assert (output, status) == ({"a": 2}, "COMPLETED")
    assert health["jobs"]["completed"] == 1
    assert health["workers"]["ready"] == 1


async def test_a_job_that_runs_is_cancelled_and_its_worker_lives(up: Serving) -> None:
    code = """
        job = endpoint.run({"delay": 600})
        while job.status() != "IN_PROGRESS":
            time.sleep(0.05)
        job.cancel()
        show([job.status(), endpoint.run_sync({"a": 3}, timeout=60)["echo"], endpoint.health()])
    """
    status, echo, health = await client(up, code)
    assert (status, echo) == ("CANCELLED", {"a": 3})
    assert health["jobs"]["inProgress"] == 0


async def test_a_queue_is_purged(up: Serving) -> None:
    code = """
        jobs = [endpoint.run({"delay": 600}) for _ in range(20)]
        while endpoint.health()["jobs"]["inProgress"] < 4:
            time.sleep(0.05)
        show(endpoint.purge_queue())
    """
    purged = await client(up, code)
    assert purged["status"] == "completed"
    assert 8 <= purged["removed"] <= 16


@pytest.mark.parametrize("up", ["stream"], indirect=True)
async def test_a_generators_pieces_are_streamed_and_gathered(up: Serving) -> None:
    code = """
        job = endpoint.run({"count": 3})
        show([list(job.stream()), job.output(timeout=60)])
    """
    streamed, output = await client(up, code)
    assert streamed == [{"number": n} for n in range(3)]
    assert output == streamed


async def test_the_asyncio_client_works_too(up: Serving) -> None:
    code = """
        from runpod import AsyncioEndpoint

        async def main():
            async with aiohttp.ClientSession() as session:
                endpoint = AsyncioEndpoint("ep", session, api_key="key")
                job = await endpoint.run({"a": 4})
                output = await job.output(timeout=60)
                show([output["echo"], await job.status(), (await endpoint.health())["jobs"]])

        asyncio.run(main())
    """
    output, status, jobs = await client(up, code)
    assert (output, status, jobs["completed"]) == ({"a": 4}, "COMPLETED", 1)


async def test_the_asyncio_client_cancels_and_purges(up: Serving) -> None:
    code = """
        from runpod import AsyncioEndpoint

        async def main():
            async with aiohttp.ClientSession() as session:
                endpoint = AsyncioEndpoint("ep", session, api_key="key")
                jobs = [await endpoint.run({"delay": 600}) for _ in range(20)]
                while (await endpoint.health())["jobs"]["inProgress"] < 4:
                    await asyncio.sleep(0.05)
                purged = await endpoint.purge_queue()
                show([await jobs[0].cancel(), await jobs[0].status(), purged["status"]])

        asyncio.run(main())
    """
    cancelled, status, purged = await client(up, code)
    assert (cancelled["status"], status, purged) == ("CANCELLED", "CANCELLED", "completed")


@pytest.mark.parametrize("up", ["stream"], indirect=True)
async def test_the_asyncio_client_streams(up: Serving) -> None:
    code = """
        from runpod import AsyncioEndpoint

        async def main():
            async with aiohttp.ClientSession() as session:
                job = await AsyncioEndpoint("ep", session, api_key="key").run({"count": 3})
                show([piece async for piece in job.stream()])

        asyncio.run(main())
    """
    assert await client(up, code) == [{"number": n} for n in range(3)]


async def test_progress_is_seen_while_a_job_runs(up: Serving) -> None:
    code = """
        job = endpoint.run({"do": "progress", "delay": 0})
        seen = []
        while job.status() not in ("COMPLETED", "FAILED"):
            seen.append(job._fetch_job().get("output"))
            time.sleep(0.02)
        show([seen, job.output()["echo"]])
    """
    seen, echo = await client(up, code)
    assert "half" in seen
    assert echo == {"do": "progress", "delay": 0}


async def ended(up: Serving, job_input: dict[str, Any]) -> dict[str, Any]:
    """A job as ``/runsync`` shows it at its end."""
    async with httpx.AsyncClient(headers={"Authorization": "key"}, timeout=90) as http:
        answer = await http.post(f"{up.url}/v2/ep/runsync", json={"input": job_input})
        found: dict[str, Any] = answer.json()
        return found


async def test_what_a_handler_does_wrong_is_told_as_runpod_tells_it(up: Serving) -> None:
    failed = await ended(up, {"do": "raise"})
    assert failed["status"] == "FAILED"
    assert json.loads(failed["error"])["error_message"] == "on purpose"
    refused = await ended(up, {"do": "error"})
    assert (refused["status"], refused["error"]) == ("FAILED", "bad_input: on purpose")


@pytest.mark.parametrize("way", ["exit", "die", "not json"])
async def test_a_job_that_is_lost_is_tried_twice_and_then_given_up(up: Serving, way: str) -> None:
    lost = await ended(up, {"do": way})
    assert (lost["status"], lost["error"]) == ("FAILED", "job timed out after 1 retries")
    assert (await ended(up, {"a": 5}))["status"] == "COMPLETED"


async def test_a_worker_that_asks_for_it_is_replaced(up: Serving) -> None:
    first = (await ended(up, {"do": "refresh"}))["output"]["pid"]
    second = (await ended(up, {"a": 6}))["output"]["pid"]
    assert first != second


async def test_an_idle_endpoint_has_no_worker_and_starts_one_for_a_job() -> None:
    scaling = Scaling(workers_max=1, idle_timeout_s=0.5)
    async with serving([endpoint(scaling)]) as up:
        pool = up.pool("ep")
        assert not pool.members
        assert (await ended(up, {"a": 7}))["status"] == "COMPLETED"
        async with asyncio.timeout(30):
            while pool.members:
                await asyncio.sleep(0.1)
        assert pool.ended[0].end > pool.ended[0].start
        assert len(pool.cold_starts) == 1
        assert (await ended(up, {"a": 8}))["status"] == "COMPLETED"
