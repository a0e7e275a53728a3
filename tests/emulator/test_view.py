"""What a person sees of an emulator: in a terminal, and as JSON."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from runpod_emulator.snapshot import EndpointSnapshot, JobSnapshot, WorkerSnapshot
from runpod_emulator.view import picture, seconds
from tests.emulator.conftest import Wire

BUSY = EndpointSnapshot(
    id="vad",
    counts={"inQueue": 3, "inProgress": 1, "completed": 12, "failed": 2, "retried": 1},
    workers=[
        WorkerSnapshot("vad-w1", "running", 61.0, 1.84, 1),
        WorkerSnapshot("vad-w2", "initializing", 0.5, None, 0),
    ],
    jobs=[JobSnapshot("6f1c0a-u1", "IN_PROGRESS", "vad-w1", 0.0421, 7.25, 1)],
    gpu="AMPERE_16",
    billed_s=1000,
    price_per_s=0.00016,
    cold_start_s=1.84,
)


def shown(*endpoints: EndpointSnapshot) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(picture(endpoints))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "queue 3", "completed 12", "failed 2", "vad-w1  running", "vad-w2  initializing", "1.8 s",
        "1 min 1 s", "42 ms", "7.2 s", "(retry 1)", "1000 s billed", "$0.1600 on AMPERE_16",
        "prices of 2026-08-20",
    ],
)  # fmt: skip
def test_queue_workers_jobs_and_cost_are_shown(text: str) -> None:
    assert text in shown(BUSY)


def test_an_endpoint_without_workers_says_that_it_is_scaled_to_zero() -> None:
    assert "scaled to zero" in shown(replace(BUSY, workers=[], jobs=[]))


def test_a_gpu_without_a_known_price_has_no_cost() -> None:
    assert "$" not in shown(replace(BUSY, gpu="OWN", price_per_s=None))


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, ""), (0.0004, "0 ms"), (0.9, "900 ms"), (59.94, "59.9 s"), (130, "2 min 10 s")],
)
def test_times_are_written_as_people_read_them(number: float | None, text: str) -> None:
    assert seconds(number) == text


@pytest.mark.anyio
async def test_the_state_is_there_as_json_too(wire: Wire) -> None:
    job = await wire.submit()
    await wire.take()
    (found,) = (await wire.client.get("/emulator/state")).json()
    assert (found["id"], found["counts"]["inProgress"]) == ("ep", 1)
    (latest,) = found["jobs"]
    assert (latest["id"], latest["state"], latest["worker"]) == (job, "IN_PROGRESS", "w1")
