"""Whoever stops waiting stops paying: the job is cancelled on the endpoint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import anyio
import pytest

from runpod_emulator.faults import Fault
from speech_endpoints import ASR, AsyncASR, failures
from speech_endpoints.audio import Audio, Part
from speech_endpoints.vendored.services.asr.contract import ASRResult, ASRSegment
from speech_endpoints.wire import Json
from tests.client.conftest import Service
from tools.workspace import CLIENT, COMMANDS


def last_state(service: Service) -> str:
    """Of the latest job, once it has ended."""
    return str(service.result(service.jobs()[-1]["id"])["status"])


def test_a_stream_gives_sentences_and_then_the_result(asr: Service) -> None:
    with ASR(asr.url) as endpoint:
        *segments, result = endpoint.stream(COMMANDS)
    assert isinstance(result, ASRResult)
    assert result.segments == segments
    assert len(segments) == 6


def test_pieces_whose_delivery_was_lost_come_in_the_end(asr: Service) -> None:
    with asr.going_wrong(Fault("stream", drop="after", nth=(2, 3))), ASR(asr.url) as endpoint:
        *segments, result = endpoint.stream(COMMANDS)
    assert isinstance(result, ASRResult)
    found = [segment for segment in segments if isinstance(segment, ASRSegment)]
    assert sorted(found, key=lambda segment: segment.start) == result.segments


def test_a_stream_that_is_lost_sight_of_names_its_job(asr: Service) -> None:
    with (
        asr.going_wrong(Fault("stream", status=503)), ASR(asr.url, patience_s=0.1) as endpoint,
        pytest.raises(failures.Unreachable) as caught,
    ):  # fmt: skip
        list(endpoint.stream(COMMANDS))
    assert caught.value.job_id == asr.jobs()[-1]["id"]


def test_a_stream_that_is_left_cancels_its_job(asr: Service, half_an_hour: str) -> None:
    with ASR(asr.url) as endpoint:
        for _ in endpoint.stream(half_an_hour):
            break
        assert last_state(asr) == "CANCELLED"


def test_a_task_that_is_cancelled_cancels_its_job(asr: Service, half_an_hour: str) -> None:
    before = len(asr.jobs())

    async def main() -> None:
        async with AsyncASR(asr.url) as endpoint, anyio.create_task_group() as group:
            group.start_soon(endpoint.run, half_an_hour)
            while len(asr.jobs()) == before:
                await anyio.sleep(0.05)
            group.cancel_scope.cancel()

    anyio.run(main)
    assert last_state(asr) == "CANCELLED"


class LateASR(AsyncASR):
    """One that finds out late that there are no more parts to be sent."""

    def _parts(self, audio: Audio, asked: Json) -> Iterator[Part]:
        yield from super()._parts(audio, asked)
        time.sleep(0.3)


def test_it_can_be_cancelled_at_any_time(asr: Service, half_an_hour: str) -> None:
    async def leave(after_s: float) -> None:
        async with LateASR(asr.url) as endpoint:
            with anyio.move_on_after(after_s):
                await endpoint.run(half_an_hour)

    for tenth in range(4):
        anyio.run(leave, tenth / 10)


def test_a_time_limit_cancels_the_job_and_says_so(asr: Service, half_an_hour: str) -> None:
    with ASR(asr.url, timeout_s=0.5) as endpoint, pytest.raises(failures.WaitedTooLong):
        endpoint.run(half_an_hour)
    assert last_state(asr) == "CANCELLED"


def test_ctrl_c_cancels_the_job(asr: Service, half_an_hour: str) -> None:
    before = len(asr.jobs())
    code = f"""
import signal
from speech_endpoints import ASR
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored where tests are run
ASR({asr.url!r}).run({half_an_hour!r})
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(CLIENT)},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(asr.jobs()) == before:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert said.strip().endswith("KeyboardInterrupt")
    assert last_state(asr) == "CANCELLED"
