"""What time does to jobs: leases, limits, retention; all of it on a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.emulator.conftest import Wire

pytestmark = pytest.mark.anyio


async def test_a_job_whose_worker_falls_silent_is_handed_out_once_more(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take("w1")
    await wire.clock.advance(41)
    assert (await wire.status(job))["status"] == "IN_QUEUE"
    assert await wire.take("w2") is not None
    await wire.done(job, {"output": 1}, "w2")
    found = await wire.status(job)
    assert (found["status"], found["retries"], found["workerId"]) == ("COMPLETED", 1, "w2")


async def test_twice_lost_it_has_failed_in_runpods_words(wire: Wire) -> None:
    job = await wire.submit()
    for worker in ("w1", "w2"):
        assert await wire.take(worker) is not None
        await wire.clock.advance(41)
    found = await wire.status(job)
    assert (found["status"], found["error"]) == ("FAILED", "job timed out after 1 retries")
    assert found["retries"] == 1
    assert await wire.take("w3") is None


async def test_a_worker_that_is_waiting_gets_a_job_the_moment_it_is_given_up(wire: Wire) -> None:
    await wire.submit()
    await wire.take("w1")
    before = wire.clock.now()
    await wire.clock.advance(36)
    assert await wire.take("w2") is not None
    assert wire.clock.now() - before == 40


async def test_pings_keep_a_job(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    for _ in range(10):
        await wire.clock.advance(20)
        await wire.get(f"ping/w1?gpu=SIM&job_id={job}&runpod_version=1.12.0")
    assert (await wire.status(job))["status"] == "IN_PROGRESS"


async def test_the_pings_of_another_worker_do_not(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take("w1")
    await wire.clock.advance(30)
    await wire.get(f"ping/w2?job_id={job}")
    await wire.clock.advance(15)
    assert (await wire.status(job))["status"] == "IN_QUEUE"


async def test_a_result_that_comes_after_all_is_taken_and_the_job_not_done_twice(
    wire: Wire,
) -> None:
    job = await wire.submit()
    await wire.take("w1")
    await wire.clock.advance(41)
    await wire.done(job, {"output": "late"}, "w1")
    assert (await wire.status(job))["output"] == "late"
    assert await wire.take("w2") is None


async def test_a_job_in_progress_for_too_long_is_stopped(wire: Wire) -> None:
    job = await wire.submit(policy={"executionTimeout": 10_000})
    await wire.take()
    await wire.clock.advance(11)
    assert (await wire.status(job))["status"] == "TIMED_OUT"
    assert await wire.passing(wire.get("job-stop/w1")) == {"jobsToStop": [job]}


async def test_a_job_older_than_its_time_to_live_is_given_up_in_any_state(wire: Wire) -> None:
    waiting = await wire.submit(policy={"ttl": 10_000})
    await wire.clock.advance(11)
    assert (await wire.status(waiting))["status"] == "TIMED_OUT"


@pytest.mark.parametrize(("path", "seconds"), [("run", 1800), ("runsync", 60)])
async def test_a_result_is_kept_for_a_while(wire: Wire, path: str, seconds: int) -> None:
    asked = asyncio.ensure_future(wire.post(path, {"input": {"a": 1}}))
    job = await wire.take()
    assert job is not None
    await wire.done(job["id"], {"output": 1})
    await asked
    await wire.clock.advance(seconds - 1)
    assert (await wire.status(job["id"]))["status"] == "COMPLETED"
    await wire.clock.advance(2)
    assert (await wire.get(f"status/{job['id']}")).status_code == 404


MALFORMED: list[Any] = [
    {}, {"input": 3}, [], "x", {"input": {}, "policy": {"ttl": 5}}, {"input": {}, "policy": 3},
    {"input": {}, "webhook": "ftp://x"}, {"input": {}, "policy": {"ttl": "60000"}},
    {"input": {}, "policy": {"executionTimeout": None}}, {"input": {}, "policy": {"ttl": 6e10}},
    {"input": {}, "policy": {"ttl": []}}, {"input": {}, "policy": {"ttl": True}},
]  # fmt: skip


async def test_what_is_not_allowed_is_refused(wire: Wire) -> None:
    for body in MALFORMED:
        assert (await wire.post("run", body)).status_code == 400, body
    assert (await wire.client.post("/v2/ep/run", content=b"{")).status_code == 400
    nested = b'{"input":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    assert (await wire.client.post("/v2/ep/run", content=nested)).status_code == 400
    for wait in ("5", "%C2%B2", "x"):
        assert (await wire.post(f"runsync?wait={wait}", {"input": {}})).status_code == 400
    too_long = await wire.post("run", {"input": {"a": "x" * 11 * 2**20}})
    assert (too_long.status_code, too_long.json()["error"]) == (
        400, "exceeded max body size of 10MiB",
    )  # fmt: skip
    unknown = await wire.client.post("/v2/other/run", json={"input": {}})
    assert unknown.status_code == 404
    nobody = await wire.client.post("/v2/ep/run", json={"input": {}}, headers={"Authorization": ""})
    assert nobody.status_code == 401
    assert (await wire.get("status/none")).status_code == 404


async def test_a_result_that_is_too_large_leaves_a_job_without_output(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    assert (await wire.done(job, {"output": "x" * 21 * 2**20})).status_code == 400
    found = await wire.status(job)
    assert (found["status"], "output" in found) == ("COMPLETED", False)
