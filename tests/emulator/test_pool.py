"""Workers come and go with the load; one that crashes is started again, ever later."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from runpod_emulator.clock import VirtualClock
from runpod_emulator.faults import Fault, Schedule
from runpod_emulator.live import Live
from runpod_emulator.pool import BACK_OFF_S, Pool
from runpod_emulator.processes import Processes
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Load, Scaling, wanted
from runpod_emulator.serving import Endpoint, Serving, serving
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.workers import CannotStart

pytestmark = pytest.mark.anyio

WIRE_WORKER = Path(__file__).parents[2] / "bench" / "emulator" / "wire_worker.py"
IDLE = Load(queued=0, in_progress=0, oldest_wait_s=0.0, workers=0, since_added_s=100.0)


@pytest.mark.parametrize(
    ("load", "count"),
    [
        (IDLE, 0),
        (Load(1, 0, 0.0, 0, 100.0), 1),
        (Load(5, 1, 3.9, 1, 100.0), 1),
        (Load(5, 1, 4.1, 1, 100.0), 2),
        (Load(5, 1, 4.1, 1, 2.0), 1),
        (Load(5, 3, 60.0, 3, 100.0), 3),
    ],
)
def test_queue_delay_adds_a_worker_when_a_job_has_waited_too_long(load: Load, count: int) -> None:
    assert wanted(Scaling(workers_max=3), load) == count


@pytest.mark.parametrize(("jobs", "count"), [(0, 0), (1, 1), (4, 1), (5, 2), (12, 3), (100, 3)])
def test_request_count_keeps_a_worker_for_so_many_jobs(jobs: int, count: int) -> None:
    scaling = Scaling(workers_max=3, scaler="REQUEST_COUNT", request_count=4)
    assert wanted(scaling, Load(jobs, 0, 0.0, 0, 100.0)) == count


def test_there_are_never_fewer_workers_than_the_least() -> None:
    assert wanted(Scaling(workers_min=2), IDLE) == 2


class Crashing:
    """A worker that has ended before anybody looked."""

    exit_code = 1

    def send(self, _: signal.Signals) -> None: ...

    def kill(self) -> None: ...

    async def ended(self) -> int:
        return 1


async def test_a_worker_that_crashes_is_started_again_ever_later() -> None:
    clock, starts = VirtualClock(), list[float]()

    def start(_: str) -> Crashing:
        starts.append(clock.now())
        return Crashing()

    live = Live(EndpointSettings("ep"), clock)
    task = asyncio.create_task(Pool(live, Scaling(1, 1), start).run())
    for _ in range(1200):
        await clock.advance(0.1)
    task.cancel()
    gaps = [round(later - earlier) for earlier, later in pairwise(starts)]
    assert gaps[: len(BACK_OFF_S) - 1] == [round(gap) for gap in BACK_OFF_S[1:]]
    assert set(gaps[len(BACK_OFF_S) - 1 :]) == {30}


@asynccontextmanager
async def up(*faults: Fault, work_s: float = 0.0) -> AsyncIterator[Serving]:
    """An endpoint with two workers on the bare wire."""
    endpoint = Endpoint(
        EndpointSettings("ep", Rules(lease_s=20.0), poll_s=1.0),
        Processes([sys.executable, str(WIRE_WORKER), str(work_s)]),
        Scaling(2, 2),
    )
    async with serving([endpoint], faults=Schedule(1, list(faults))) as up:
        yield up


async def ended(up: Serving, number: int) -> dict[str, Any]:
    async with httpx.AsyncClient(headers={"Authorization": "key"}, timeout=100) as http:
        answer = await http.post(f"{up.url}/v2/ep/runsync", json={"input": {"n": number}})
        found: dict[str, Any] = answer.json()
        return found


async def test_the_job_of_a_worker_that_is_killed_is_handed_out_again_at_once() -> None:
    async with up(Fault("worker", signal="KILL", nth=(1,)), work_s=1.0) as serving:
        found = await ended(serving, 1)
        assert (found["status"], found["output"], found["retries"]) == ("COMPLETED", {"n": 1}, 1)


async def test_the_job_of_a_worker_that_is_told_to_leave_is_not_lost() -> None:
    async with up(Fault("worker", signal="TERM", nth=(1,)), work_s=0.5) as serving:
        found = await ended(serving, 1)
        assert (found["status"], found["output"]) == ("COMPLETED", {"n": 1})


async def test_every_job_is_answered_while_workers_die() -> None:
    async with up(Fault("worker", signal="KILL", chance=0.2)) as serving:
        found = await asyncio.gather(*(ended(serving, n) for n in range(30)))
        completed = {f["output"]["n"] for f in found if f["status"] == "COMPLETED"}
        errors = {f["error"] for f in found if f["status"] != "COMPLETED"}
        assert errors <= {"job timed out after 1 retries"}
        assert len(completed) == sum(f["status"] == "COMPLETED" for f in found) > 15


async def test_a_command_that_is_not_there_is_named() -> None:
    endpoint = Endpoint(EndpointSettings("ep"), Processes(["no-such-program"]))
    with pytest.raises(CannotStart, match="no-such-program"):
        async with serving([endpoint]):
            pass


async def test_a_worker_of_an_earlier_run_gets_no_job() -> None:
    async with up() as serving, httpx.AsyncClient(headers={"Authorization": "key"}) as http:
        answer = await http.get(f"{serving.url}/v2/ep/job-take/ep-w1-gone?gpu=SIM")
        assert answer.status_code == 204
        assert (await ended(serving, 1))["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "fields", [{"workers_max": -1}, {"workers_min": 3, "workers_max": 1}, {"request_count": 0}]
)
def test_a_scaling_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="workers_min|request_count"):
        Scaling(**fields)


async def test_what_goes_wrong_meanwhile_is_told_as_it_is() -> None:
    with pytest.raises(KeyError, match="on purpose"):
        async with up():
            raise KeyError("on purpose")


async def test_an_endpoint_whose_workers_cannot_be_started_fails_as_a_whole(
    tmp_path: Path,
) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x00no program")
    program.chmod(0o755)
    endpoint = Endpoint(EndpointSettings("ep"), Processes([str(program)]), Scaling(1, 1))
    with pytest.raises(CannotStart, match="Exec format"):
        async with serving([endpoint]):
            await asyncio.sleep(30)


async def test_endpoints_have_queues_and_workers_of_their_own() -> None:
    endpoints = [
        Endpoint(EndpointSettings(name), Processes([sys.executable, str(WIRE_WORKER)]))
        for name in ("one", "two")
    ]
    async with (
        serving(endpoints) as up,
        httpx.AsyncClient(headers={"Authorization": "key"}, timeout=90) as http,
    ):
        for name in ("one", "two"):
            answer = await http.post(f"{up.url}/v2/{name}/runsync", json={"input": {"n": name}})
            assert answer.json()["output"] == {"n": name}
            assert answer.json()["workerId"].startswith(f"{name}-w1-")
        assert (await http.get(f"{up.url}/v2/two/health")).json()["jobs"]["completed"] == 1
