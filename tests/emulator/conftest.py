"""An emulator on a clock that tests move, spoken to over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from runpod_emulator.app import Emulator
from runpod_emulator.clock import VirtualClock, settle
from runpod_emulator.settings import EndpointSettings


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Wire:
    """One endpoint, ``ep``, spoken to in HTTP."""

    def __init__(self, client: httpx.AsyncClient, clock: VirtualClock, emulator: Emulator) -> None:
        self.client, self.clock, self.emulator = client, clock, emulator

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(f"/v2/ep/{path}", json=body)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/v2/ep/{path}")

    async def submit(self, **request: Any) -> str:
        answer = await self.post("run", {"input": {"a": 1}, **request})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def status(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"status/{job}")).json()
        return found

    async def take(self, worker: str = "w1") -> dict[str, Any] | None:
        """What a worker is given, after as long a wait as it takes."""
        path = f"job-take/{worker}?gpu=SIM&job_in_progress=0"
        job: dict[str, Any] | None = await self.passing(self.get(path))
        return job

    async def passing(self, request: Any) -> Any:
        """The answer to a request that the endpoint may keep waiting."""
        task = asyncio.ensure_future(request)
        await settle()
        while not task.done():
            await self.clock.advance(1)
        answer = task.result()
        return answer.json() if answer.content else None

    async def done(self, job: str, body: Any, worker: str = "w1") -> httpx.Response:
        """A result as the SDK posts it: JSON, called a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Request-ID": "another"}
        path = f"/v2/ep/job-done/{worker}/{job}?gpu=SIM&isStream=false"
        return await self.client.post(path, content=json.dumps(body), headers=headers)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    clock = VirtualClock()
    emulator = Emulator([EndpointSettings("ep")], clock)
    transport = httpx.ASGITransport(emulator.app)
    headers = {"Authorization": "Bearer key"}
    async with (
        emulator.lifespan(),
        httpx.AsyncClient(
            transport=transport, base_url="http://emulator", headers=headers
        ) as client,
    ):
        yield Wire(client, clock, emulator)
