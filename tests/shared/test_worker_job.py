"""A job ends in a result or a typed error, and neither says more than it should."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.worker.job import JobHandler
from shared.worker.room import IN_WORK
from tests.shared.peak import GATE, Fault, PeakEngine, PeakRequest, service, sound


@pytest.fixture
def engine() -> PeakEngine:
    return PeakEngine()


@pytest.fixture
def handler(
    engine: PeakEngine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[JobHandler[PeakRequest]]:
    monkeypatch.setenv("SPEECH_ALLOW_HTTP", "1")
    monkeypatch.setenv("SPEECH_ALLOW_PRIVATE", "1")
    GATE.clear()
    yield JobHandler(service(engine), engine)
    GATE.set()


def answer(handler: JobHandler[PeakRequest], **job_input: Any) -> dict[str, Any]:
    return asyncio.run(handler.handle({"id": "j", "input": job_input}))


def test_a_result_says_what_it_was_made_with(handler: JobHandler[PeakRequest]) -> None:
    result = answer(handler, audio_base64=sound())
    timings = result.pop("timings")
    assert result == {
        "peak": 0.5,
        "duration_s": 0.5,
        "model": {"id": "test/peak", "revision": "v1", "verified": True},
        "service": {"name": "peak", "version": "1.2.3"},
    }
    assert set(timings) == {"fetch_s", "decode_s", "infer_s", "rtf"}
    assert all(value >= 0 for value in timings.values())


def test_empty_audio_has_no_real_time_factor(handler: JobHandler[PeakRequest]) -> None:
    assert answer(handler, audio=sound(seconds=0))["timings"]["rtf"] is None


def test_a_list_has_one_result_or_error_per_item_in_order(
    handler: JobHandler[PeakRequest],
) -> None:
    items = [
        sound(0.1),
        {"audio_base64": "!"},
        {"audio_base64": sound(0.3)},
        "aGVsbG8=",
        sound(0.2),
    ]
    results = answer(handler, audios=items)["results"]
    assert [item.get("peak") for item in results] == [0.1, None, 0.3, None, 0.2]
    assert results[1]["error"].startswith("invalid_input: ")
    assert results[3]["error"].startswith("decode_failed: ")


def test_what_recordings_are_compared_with_is_read_anew_for_each(
    handler: JobHandler[PeakRequest],
) -> None:
    result = answer(handler, audios=[sound(), sound()], compared=[sound(0.1), sound(0.2)])
    assert [item["peak"] for item in result["results"]] == [0.3, 0.3]


@pytest.mark.parametrize(
    ("voice", "error"),
    [("!", "invalid_input: voice 2: "), ("aGVsbG8=", "decode_failed: voice 2: ")],
)
def test_an_error_says_which_of_these_it_is_about(
    handler: JobHandler[PeakRequest], voice: str, error: str
) -> None:
    assert answer(handler, audio=sound(), compared=[sound(), voice])["error"].startswith(error)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("raise", "internal_error"),
        ("memory", "out_of_memory"),
        ("allocator", "out_of_memory"),
        ("full", "out_of_memory"),
        ("gpu", "accelerator_failed"),
        ("exit", "internal_error"),
        ("nan", "internal_error"),
        ("set", "internal_error"),
    ],
)
def test_whatever_goes_wrong_the_error_is_a_string_with_a_code(
    handler: JobHandler[PeakRequest], fault: Fault, code: str
) -> None:
    result = answer(handler, audio=sound(), fault=fault)
    assert result["error"].startswith(f"{code}: ")
    assert set(result) <= {"error", "refresh_worker"}
    assert "peak" in answer(handler, audio=sound()), "the next job is not affected"


@pytest.mark.parametrize("fault", ["gpu", "full"])
def test_a_gpu_that_is_broken_or_full_replaces_the_worker(
    handler: JobHandler[PeakRequest], fault: Fault
) -> None:
    assert answer(handler, audio=sound(), fault=fault)["refresh_worker"] is True
    assert answer(handler, audios=[sound(), sound()], fault=fault)["refresh_worker"] is True


@pytest.mark.parametrize("fault", ["raise", "memory", "allocator"])
def test_nothing_else_replaces_the_worker(handler: JobHandler[PeakRequest], fault: Fault) -> None:
    assert "refresh_worker" not in answer(handler, audio=sound(), fault=fault)


def test_a_fault_of_ours_is_logged_by_place_without_its_message(
    handler: JobHandler[PeakRequest], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        error = answer(handler, audio=sound(), fault="raise")["error"]
    incident = error.rpartition("incident ")[2].rstrip(")")
    assert incident in caplog.text
    assert "KeyError" in caplog.text
    assert "peak.py" in caplog.text
    for secret in ("secret", "token"):
        assert secret not in caplog.text + error


def test_the_log_has_one_line_per_job_and_nothing_of_its_content(
    handler: JobHandler[PeakRequest], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer(handler, audio=sound())
        answer(handler, audio_url="https://user:pw@example.com/path?token=abc")
    good, bad = [json.loads(record.message) for record in caplog.records]
    assert set(good) == {"job", "seconds", "duration_s", "fetch_s", "decode_s", "infer_s", "rtf"}
    assert bad["error"] == "invalid_input"
    assert "token" not in caplog.text


def test_a_result_too_large_for_runpod_becomes_an_error_that_says_so(
    handler: JobHandler[PeakRequest],
) -> None:
    error = answer(handler, audio=sound(), padding=5_000)["error"]
    assert error.startswith("result_too_large: the result has ")
    assert "ask for less detail" in error


def test_of_a_list_only_what_has_no_room_becomes_an_error(
    handler: JobHandler[PeakRequest],
) -> None:
    results = answer(handler, audios=[sound(n / 10) for n in range(1, 10)])["results"]
    assert len(results) == 9
    assert len(json.dumps(results)) <= 2_000
    assert [result["peak"] for result in results[:5]] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert results[-1]["error"].startswith("result_too_large: no room is left")


def test_a_missing_input_is_invalid(handler: JobHandler[PeakRequest]) -> None:
    answers = [asyncio.run(handler.handle(job)) for job in ({"id": "a"}, {"id": "b", "input": 3})]
    assert [a["error"] for a in answers] == ["invalid_input: input must be a JSON object"] * 2


def test_a_field_name_that_cannot_be_encoded_cannot_lose_the_job(
    handler: JobHandler[PeakRequest],
) -> None:
    error = answer(handler, audio=sound(), **{"bad\ud800\n": 1})["error"]
    assert error.startswith("invalid_input: ")
    json.dumps(error, ensure_ascii=False).encode()


def test_the_event_loop_stays_free_while_the_engine_works(
    handler: JobHandler[PeakRequest],
) -> None:
    async def scenario() -> dict[str, Any]:
        job = asyncio.create_task(
            handler.handle({"id": "j", "input": {"audio": sound(), "wait": True}})
        )
        await asyncio.sleep(0.05)  # the loop gets here although the engine is waiting
        assert not job.done()
        GATE.set()
        return await job

    assert asyncio.run(scenario())["peak"] == 0.5


def test_a_cancelled_job_stops_at_the_next_block(
    handler: JobHandler[PeakRequest], engine: PeakEngine
) -> None:
    async def scenario() -> None:
        long = sound(seconds=59)  # two blocks
        job = asyncio.create_task(
            handler.handle({"id": "j", "input": {"audio": long, "wait": True}})
        )
        while not engine.seen:
            await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        GATE.set()

    asyncio.run(scenario())
    assert "peak" in answer(handler, audio=sound())
    assert engine.seen == 2, "one block of the cancelled job, one of the next"


def test_jobs_of_one_worker_are_answered_side_by_side(handler: JobHandler[PeakRequest]) -> None:
    async def scenario() -> list[dict[str, Any]]:
        jobs = [{"id": str(n), "input": {"audio": sound(n / 10)}} for n in range(1, 9)]
        return await asyncio.gather(*map(handler.handle, jobs))

    assert [a["peak"] for a in asyncio.run(scenario())] == [n / 10 for n in range(1, 9)]


def test_a_long_list_leaves_places_to_other_jobs(handler: JobHandler[PeakRequest]) -> None:
    async def scenario() -> dict[str, Any]:
        with silent_server() as url:
            assert IN_WORK < 40
            slow = asyncio.create_task(handler.handle({"id": "l", "input": {"audios": [url] * 40}}))
            await asyncio.sleep(0.2)
            quick = await handler.handle({"id": "q", "input": {"audio": sound()}})
            assert not slow.done()
            slow.cancel()
        return quick

    assert asyncio.run(scenario())["peak"] == 0.5


@contextmanager
def silent_server() -> Iterator[str]:
    """The URL of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
