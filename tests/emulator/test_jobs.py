"""A job's way from a caller to a worker and back, as RunPod's documents and transcripts have it."""

from __future__ import annotations

import asyncio
import math
import re
from typing import Any

import pytest

from runpod_emulator.clock import settle
from tests.emulator.conftest import Wire

pytestmark = pytest.mark.anyio


async def test_a_job_is_queued_taken_and_completed(wire: Wire) -> None:
    job = await wire.submit()
    assert re.fullmatch(r"[0-9a-f-]{36}-u1", job)
    assert await wire.status(job) == {"id": job, "status": "IN_QUEUE"}
    await wire.clock.advance(3)
    assert await wire.take() == {"id": job, "input": {"a": 1}}
    assert (await wire.status(job))["status"] == "IN_PROGRESS"
    await wire.clock.advance(2)
    await wire.done(job, {"output": {"b": 2}})
    assert await wire.status(job) == {
        "id": job, "status": "COMPLETED", "delayTime": 3000, "executionTime": 2000,
        "output": {"b": 2}, "workerId": "w1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "rest"),
    [
        ({"output": None}, "COMPLETED", {"output": None}),
        ({}, "COMPLETED", {}),
        ({"output": {"p": 1}, "error": "bad"}, "FAILED", {"output": {"p": 1}, "error": "bad"}),
        ({"error": "boom"}, "FAILED", {"error": "boom"}),
        ({"error": {"not": "a string"}}, "COMPLETED", {"error": {"not": "a string"}}),
        ({"output": [1], "stopPod": True}, "COMPLETED", {"output": [1]}),
        ({"output": math.nan}, "COMPLETED", {"output": None}),
    ],
)
async def test_what_a_worker_sends_decides_the_state(
    wire: Wire, body: dict[str, Any], status: str, rest: dict[str, Any]
) -> None:
    job = await wire.submit()
    await wire.take()
    await wire.done(job, body)
    found = await wire.status(job)
    assert found["status"] == status
    assert {key: found[key] for key in rest} == rest


async def test_a_worker_waits_for_a_job_and_is_told_when_none_comes(wire: Wire) -> None:
    before = wire.clock.now()
    assert await wire.take() is None
    assert wire.clock.now() - before == 8


async def test_a_batch_holds_what_is_there(wire: Wire) -> None:
    jobs = [await wire.submit() for _ in range(3)]
    batch = await wire.passing(wire.get("job-take-batch/w1?gpu=SIM&batch_size=2"))
    assert [job["id"] for job in batch] == jobs[:2]


async def test_paths_to_which_the_sdk_appended_blindly_are_understood(wire: Wire) -> None:
    job = await wire.submit()
    assert await wire.passing(wire.get("job-take/w1&job_in_progress=0")) is not None
    await wire.post(f"job-done/w1/{job}&isStream=false", {"output": 1})
    assert (await wire.status(job))["output"] == 1


async def test_an_empty_input_is_left_out_as_runpod_does(wire: Wire) -> None:
    job = await wire.submit(input={})
    assert await wire.take() == {"id": job}


async def test_what_else_was_sent_reaches_the_worker(wire: Wire) -> None:
    await wire.submit(s3Config={"b": 1}, policy={"ttl": 60_000}, unknown=1)
    taken = await wire.take()
    assert taken is not None
    assert set(taken) == {"id", "input", "s3Config", "policy"}


async def test_the_first_end_of_a_job_counts(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    for body in ({"output": 1}, {"output": 2}, {"error": "late"}):
        assert (await wire.done(job, body)).status_code == 200
    assert (await wire.status(job))["output"] == 1


async def test_progress_is_seen_and_comes_too_late_after_the_result(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    await wire.done(job, {"status": "IN_PROGRESS", "output": "half"})
    found = await wire.status(job)
    assert (found["status"], found["output"]) == ("IN_PROGRESS", "half")
    await wire.done(job, {"output": "all"})
    await wire.done(job, {"status": "IN_PROGRESS", "output": "half"})
    found = await wire.status(job)
    assert (found["status"], found["output"]) == ("COMPLETED", "all")


async def test_pieces_are_fetched_once_each(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    for number in range(3):
        await wire.post(f"job-stream/w1/{job}?isStream=false", {"output": number})
    first = (await wire.get(f"stream/{job}")).json()
    assert first == {"status": "IN_PROGRESS", "stream": [{"output": n} for n in range(3)]}
    assert (await wire.get(f"stream/{job}")).json()["stream"] == []


async def test_runsync_answers_with_the_result(wire: Wire) -> None:
    async def work() -> None:
        job = await wire.take()
        assert job is not None
        await wire.done(job["id"], {"output": 5})

    asked = asyncio.ensure_future(wire.post("runsync", {"input": {"a": 1}}))
    await work()
    answer = (await asked).json()
    assert (answer["status"], answer["output"]) == ("COMPLETED", 5)
    assert answer["id"].startswith("sync-")


@pytest.mark.parametrize(("query", "seconds"), [("", 90), ("?wait=5000", 5)])
async def test_runsync_without_a_worker_ends_its_wait_with_the_state(
    wire: Wire, query: str, seconds: int
) -> None:
    before = wire.clock.now()
    answer = await wire.passing(wire.post(f"runsync{query}", {"input": {"a": 1}}))
    assert answer["status"] == "IN_QUEUE"
    assert wire.clock.now() - before == seconds


async def test_a_cancelled_job_is_ended_and_its_worker_told_once(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    assert (await wire.post(f"cancel/{job}")).json() == {"id": job, "status": "CANCELLED"}
    assert await wire.passing(wire.get("job-stop/w1?gpu=SIM")) == {"jobsToStop": [job]}
    assert await wire.passing(wire.get("job-stop/w1?gpu=SIM")) is None
    await wire.done(job, {"output": 1})
    assert (await wire.status(job))["status"] == "CANCELLED"


async def test_a_failed_job_can_be_retried_and_no_other(wire: Wire) -> None:
    job = await wire.submit()
    assert (await wire.post(f"retry/{job}")).status_code == 400
    await wire.take()
    await wire.done(job, {"error": "boom"})
    assert (await wire.post(f"retry/{job}")).json() == {"id": job, "status": "IN_QUEUE"}
    assert await wire.take() is not None
    await wire.done(job, {"output": 1})
    found = await wire.status(job)
    assert (found["status"], found["output"], "error" in found) == ("COMPLETED", 1, False)


async def test_a_purge_drops_what_waits_and_nothing_else(wire: Wire) -> None:
    running, *waiting = [await wire.submit() for _ in range(3)]
    await wire.take()
    assert (await wire.post("purge-queue")).json() == {"removed": 2, "status": "completed"}
    assert (await wire.status(running))["status"] == "IN_PROGRESS"
    assert (await wire.get(f"status/{waiting[0]}")).status_code == 404


async def test_whoever_waits_for_a_job_that_is_purged_waits_no_longer(wire: Wire) -> None:
    asked = asyncio.ensure_future(wire.post("runsync", {"input": {"a": 1}}))
    await settle()
    await wire.post("purge-queue")
    assert (await asyncio.wait_for(asked, 5)).json()["status"] == "IN_QUEUE"


async def test_what_other_formats_have_no_word_for_still_travels(wire: Wire) -> None:
    body = b'{"input": {"half": "\\ud800", "large": 1e999}, "webhook": null, "policy": null}'
    job = (await wire.client.post("/v2/ep/run", content=body)).json()["id"]
    taken = await wire.take()
    assert taken == {"id": job, "input": {"half": "\ud800", "large": None}}
    await wire.done(job, {"output": "\udfff"})
    assert (await wire.status(job))["output"] == "\udfff"


async def test_health_counts(wire: Wire) -> None:
    jobs = [await wire.submit() for _ in range(4)]
    for _ in range(3):
        await wire.take()
    await wire.done(jobs[0], {"output": 1})
    await wire.done(jobs[1], {"error": "x"})
    health = (await wire.get("health")).json()
    assert health["jobs"] == {
        "completed": 1, "failed": 1, "inProgress": 1, "inQueue": 1, "retried": 0,
    }  # fmt: skip
    assert health["workers"] == {
        "idle": 0, "initializing": 0, "ready": 1, "running": 1, "throttled": 0, "unhealthy": 0,
    }  # fmt: skip


async def test_a_worker_that_does_not_leave_is_not_answered_without_a_pause(wire: Wire) -> None:
    wire.emulator.endpoints["ep"].drain("w1")
    before = wire.clock.now()
    assert await wire.take("w1") is None
    assert wire.clock.now() > before
