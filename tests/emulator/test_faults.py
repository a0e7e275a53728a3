"""Faults happen where, when and as often as they were asked for; always the same for a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runpod_emulator.faults import Fault, Schedule, parse
from tests.emulator.conftest import Wire

pytestmark = pytest.mark.anyio


def faulty(wire: Wire, *faults: Fault) -> Wire:
    """The same endpoint, on which nothing goes wrong from now on but this."""
    wire.emulator.schedule.clear()
    wire.emulator.schedule.faults.extend(faults)
    return wire


async def test_a_status_is_answered_in_place_of_handling_a_request(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    bad = faulty(wire, Fault("job-done", status=503, limit=2))
    for _ in range(2):
        assert (await bad.done(job, {"output": 1})).status_code == 503
    assert (await wire.status(job))["status"] == "IN_PROGRESS"
    await bad.done(job, {"output": 1})
    assert (await wire.status(job))["status"] == "COMPLETED"


async def test_a_dropped_answer_may_hide_an_effect(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    with pytest.raises(ConnectionError):
        await faulty(wire, Fault("job-done", drop="before")).done(job, {"output": 1})
    assert (await wire.status(job))["status"] == "IN_PROGRESS"
    with pytest.raises(ConnectionError):
        await faulty(wire, Fault("job-done", drop="after")).done(job, {"output": 1})
    assert (await wire.status(job))["status"] == "COMPLETED"


async def test_a_repeated_result_ends_its_job_once(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    await faulty(wire, Fault("job-done", repeat=True)).done(job, {"output": 1})
    assert (await wire.get("health")).json()["jobs"]["completed"] == 1


async def test_a_delay_is_waited(wire: Wire) -> None:
    slow = faulty(wire, Fault("run", delay_s=7.0))
    before = wire.clock.now()
    await slow.passing(slow.post("run", {"input": {"a": 1}}))
    assert wire.clock.now() - before == 7


async def test_faults_are_added_and_taken_away_by_http(wire: Wire) -> None:
    bad = faulty(wire)
    await bad.client.post("/emulator/faults", json={"on": "health", "status": 500})
    assert (await bad.get("health")).status_code == 500
    assert (await bad.client.delete("/emulator/faults")).json() == {
        "seed": 0, "happened": 1, "faults": 0,
    }  # fmt: skip
    assert (await bad.get("health")).status_code == 200
    wrongs: list[Any] = [[], {"on": "nowhere", "status": 500}, {"on": "run"}, {"on": "run", "x": 1}]
    for wrong in wrongs:
        assert (await bad.client.post("/emulator/faults", json=wrong)).status_code == 400


def decided(schedule: Schedule, count: int = 200) -> list[bool]:
    return [schedule.next("job-take") is not None for _ in range(count)]


def test_the_same_seed_decides_the_same() -> None:
    first, again, other = (
        decided(Schedule(seed, [Fault("*", status=500, chance=0.3)])) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert 30 < sum(first) < 90


def test_requests_are_counted_by_route() -> None:
    schedule = Schedule(0, [Fault("job-take", status=500, nth=(2, 3))])
    schedule.next("ping")
    assert decided(schedule, 5) == [False, True, True, False, False]


def test_a_schedule_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('seed = 7\n[[fault]]\non = "job-done"\ndrop = "after"\nnth = [1, 4]\n')
    schedule = Schedule.read(file)
    assert schedule.seed == 7
    assert schedule.faults == [Fault("job-done", drop="after", nth=(1, 4))]


NO_FAULTS: list[Any] = [
    3, {"on": "run", "status": 500, "chance": 2}, {"status": 500}, {"on": "run", "stauts": 500},
    {"on": "worker", "status": 500}, {"on": "run", "signal": "KILL"}, {"on": "run", "late_s": 1},
    {"on": "status", "oversized": True}, {"on": "run", "status": 7}, {"on": "run", "delay_s": -1},
]  # fmt: skip


@pytest.mark.parametrize("table", NO_FAULTS)
def test_what_is_no_fault_is_refused(table: Any) -> None:
    with pytest.raises(ValueError, match="."):
        parse(table)


async def test_what_is_handled_late_is_overtaken(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    faulty(wire, Fault("job-stream", late_s=3.0, nth=(1,)))
    for number in range(3):
        await wire.post(f"job-stream/w1/{job}?isStream=false", {"output": number})
    await wire.clock.advance(4)
    pieces = (await wire.get(f"stream/{job}")).json()["stream"]
    assert [piece["output"] for piece in pieces] == [1, 2, 0]


async def test_progress_can_come_after_the_result(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    faulty(wire, Fault("progress", late_s=3.0))
    await wire.done(job, {"status": "IN_PROGRESS", "output": "half"})
    await wire.done(job, {"output": "all"})
    await wire.clock.advance(4)
    found = await wire.status(job)
    assert (found["status"], found["output"]) == ("COMPLETED", "all")


async def test_a_result_can_be_too_large_for_runpod(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    faulty(wire, Fault("job-done", oversized=True))
    assert (await wire.done(job, {"output": 1})).status_code == 400
    found = await wire.status(job)
    assert (found["status"], "output" in found) == ("COMPLETED", False)


async def test_a_lost_ping_keeps_no_job(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    faulty(wire, Fault("ping", drop="before"))
    await wire.clock.advance(30)
    with pytest.raises(ConnectionError):
        await wire.get(f"ping/w1?job_id={job}")
    await wire.clock.advance(15)
    assert (await wire.status(job))["status"] == "IN_QUEUE"


async def test_no_content_has_no_content(wire: Wire) -> None:
    faulty(wire, Fault("job-take", status=204))
    answer = await wire.get("job-take/w1")
    assert (answer.status_code, answer.content) == (204, b"")
