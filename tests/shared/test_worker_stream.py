"""A job that asks for parts gets them as they are done; every other job gets one item."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import replace
from typing import Any

import pytest

from shared.spec import WorkerSpec
from shared.worker.result import encoded_size
from shared.worker.stream import StreamHandler
from tests.shared.peak import GATE, SPEC, PeakEngine, PeakRequest, service, sound

SECONDS = 45  # two blocks


@pytest.fixture
def settings() -> dict[str, Any]:
    return {}


@pytest.fixture
def handler(settings: dict[str, Any]) -> StreamHandler[PeakRequest]:
    GATE.clear()
    engine = PeakEngine()
    return StreamHandler(service(engine), engine, settings)


def items(handler: StreamHandler[PeakRequest], **job_input: Any) -> list[dict[str, Any]]:
    async def gather() -> list[dict[str, Any]]:
        return [item async for item in handler.stream({"id": "j", "input": job_input})]

    return asyncio.run(gather())


def test_the_sdk_sees_a_generator(handler: StreamHandler[PeakRequest]) -> None:
    assert inspect.isasyncgenfunction(handler.stream)


def test_the_parts_come_first_and_the_full_result_last(handler: StreamHandler[PeakRequest]) -> None:
    *parts, last = items(handler, audio=sound(seconds=SECONDS), stream=True)
    assert parts == [{"peak": 0.5}] * 2
    assert last["peak"] == 0.5
    assert last["duration_s"] == SECONDS


def test_a_job_that_asks_for_no_parts_gets_one_item(handler: StreamHandler[PeakRequest]) -> None:
    assert [item["duration_s"] for item in items(handler, audio=sound())] == [0.5]


def test_parts_of_a_list_say_whose_they_are(handler: StreamHandler[PeakRequest]) -> None:
    *parts, last = items(handler, audios=[sound(0.1), sound(0.2)], stream=True)
    assert sorted((part["item"], part["peak"]) for part in parts) == [(0, 0.1), (1, 0.2)]
    assert [result["peak"] for result in last["results"]] == [0.1, 0.2]


def test_an_error_is_the_last_item(handler: StreamHandler[PeakRequest]) -> None:
    (only,) = items(handler, audio="aGVsbG8=", stream=True)
    assert only["error"].startswith("decode_failed: ")
    part, last = items(handler, audio=sound(), stream=True, fault="memory")
    assert part == {"peak": 0.5}
    assert set(last) == {"error"}


def test_a_part_is_given_while_the_engine_still_works(handler: StreamHandler[PeakRequest]) -> None:
    async def first() -> dict[str, Any]:
        job = {"id": "j", "input": {"audio": sound(), "stream": True, "wait": True}}
        stream = handler.stream(job)
        part = await anext(stream)
        GATE.set()
        assert [item["duration_s"] async for item in stream] == [0.5]
        return part

    assert asyncio.run(first()) == {"peak": 0.5}


def test_a_result_that_has_no_room_beside_its_parts_leaves_out_what_they_said(
    handler: StreamHandler[PeakRequest],
) -> None:
    size = encoded_size(items(handler, audio=sound(), padding=1)[0])
    job = {"audio": sound(), "padding": SPEC.worker.max_result_bytes - size - 5}
    assert "padding" in items(handler, **job)[0]
    part, last = items(handler, **job, stream=True)
    assert part == {"peak": 0.5}
    assert last["peak"] == 0.5
    assert "padding" not in last


def test_parts_without_room_for_a_result_end_in_an_error(
    settings: dict[str, Any],
) -> None:
    engine = PeakEngine()
    limits = WorkerSpec(concurrency=1, short_concurrency=1, max_result_bytes=350)
    spec = SPEC.model_copy(update={"worker": limits})
    handler = StreamHandler(replace(service(engine), spec=spec), engine, settings)
    assert "error" not in items(handler, audio=sound())[0]
    *parts, last = items(handler, audio=sound(seconds=SECONDS), stream=True, many=20)
    assert len(parts) == 40
    assert last["error"].startswith("result_too_large: the parts and the result together")


def test_a_cancelled_stream_stops_the_engine(handler: StreamHandler[PeakRequest]) -> None:
    async def scenario() -> None:
        job = {"id": "j", "input": {"audio": sound(seconds=59), "stream": True, "wait": True}}
        stream = handler.stream(job)
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        GATE.set()

    asyncio.run(scenario())
    assert items(handler, audio=sound())[0]["peak"] == 0.5
    engine = handler._engine
    assert isinstance(engine, PeakEngine)
    assert engine.seen == 2, "one block of the cancelled job, one of the next"


def test_a_broken_gpu_replaces_the_worker(
    handler: StreamHandler[PeakRequest], settings: dict[str, Any]
) -> None:
    items(handler, audio=sound(), fault="raise")
    assert not settings
    (only,) = items(handler, audio=sound(), fault="gpu")
    assert set(only) == {"error"}
    assert settings == {"refresh_worker": True}
