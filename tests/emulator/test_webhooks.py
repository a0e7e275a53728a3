"""A job's webhook is called when it has ended, until somebody says that it heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runpod_emulator.serving import Endpoint, listening, serving
from runpod_emulator.settings import EndpointSettings

pytestmark = pytest.mark.anyio

SETTINGS = EndpointSettings("ep", webhook_delays_s=(0.0, 0.05, 0.05))


class Scene:
    """An endpoint without workers, and somebody whose ear may be closed at first."""

    def __init__(self, http: httpx.AsyncClient, hook: str, heard: list[dict[str, Any]]) -> None:
        self.http, self.hook, self.heard = http, hook, heard

    async def submit(self) -> str:
        request = {"input": {"a": 1}, "webhook": self.hook}
        return str((await self.http.post("run", json=request)).json()["id"])

    async def end(self, job: str, **result: Any) -> None:
        await self.http.get("job-take/w1?x=1")
        await self.http.post(f"job-done/w1/{job}?x=1", json=result)

    async def called(self, times: int) -> None:
        async with asyncio.timeout(20):
            while len(self.heard) < times:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def scene(*answers: int) -> AsyncIterator[Scene]:
    heard: list[dict[str, Any]] = []
    statuses = iter(answers)

    async def hear(request: Request) -> Response:
        heard.append({"agent": request.headers["user-agent"], **await request.json()})
        return Response(status_code=next(statuses, 200))

    ear = Starlette(routes=[Route("/", hear, methods=["POST"])])
    async with (
        listening(ear, ("127.0.0.1", 0)) as (hook, _),
        serving([Endpoint(SETTINGS)]) as up,
        httpx.AsyncClient(
            base_url=f"{up.url}/v2/ep/", headers={"Authorization": "key"}, timeout=30
        ) as http,
    ):
        yield Scene(http, hook, heard)


async def test_it_is_sent_the_whole_job() -> None:
    async with scene() as here:
        job = await here.submit()
        await here.end(job, output={"b": 2})
        await here.called(1)
        (told,) = here.heard
        assert told.pop("agent").startswith("Go-http-client")
        assert told.pop("delayTime") >= 0
        assert told.pop("executionTime") >= 0
        assert told == {
            "id": job, "status": "COMPLETED", "input": {"a": 1}, "output": {"b": 2},
            "workerId": "w1", "webhook": here.hook,
        }  # fmt: skip


async def test_it_is_called_three_times_at_most_and_no_more_once_it_was_heard() -> None:
    async with scene(500, 500, 500) as here:
        await here.end(await here.submit(), output=1)
        await here.called(3)
        await here.end(await here.submit(), output=2)
        await here.called(4)
        await asyncio.sleep(0.3)
        assert [told["output"] for told in here.heard] == [1, 1, 1, 2]


async def test_a_job_that_fails_is_told_too_and_once_more_after_a_retry() -> None:
    async with scene() as here:
        job = await here.submit()
        await here.end(job, error="boom")
        await here.called(1)
        await here.http.post(f"retry/{job}")
        await here.end(job, output="at last")
        await here.called(2)
        assert [told["status"] for told in here.heard] == ["FAILED", "COMPLETED"]


async def test_a_webhook_that_cannot_be_called_changes_nothing_about_the_job() -> None:
    async with scene() as here:
        here.hook = "http://[bad"
        job = await here.submit()
        await here.end(job, output=1)
        assert (await here.http.get(f"status/{job}")).json()["status"] == "COMPLETED"
