"""Many jobs at once in RunPod's own, unmodified worker loop."""

from __future__ import annotations

import base64
import io
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from runpod_emulator.processes import Processes
from runpod_emulator.testing import Emulated
from tests.control_plane import ControlPlane
from tests.e2e.test_worker_loop import worker
from tests.waiting import until
from tools.workspace import ROOT, SAMPLE, TINY_MODELS


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Emulated]:
    """An endpoint with one worker."""
    command = [sys.executable, "-m", "services.vad.handler"]
    with Emulated(Processes(command, ROOT, {"MODELS_DIR": str(TINY_MODELS)})) as endpoint:
        yield endpoint


def clips() -> list[str]:
    """The bundled recording up to different places."""
    samples, rate = soundfile.read(SAMPLE)
    return [encoded(samples[: (n + 3) * rate // 2], rate) for n in range(9)]


def encoded(samples: np.ndarray, rate: int) -> str:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC")
    return base64.b64encode(file.getvalue()).decode()


def test_many_jobs_at_once_are_answered_as_one_by_one(endpoint: Emulated) -> None:
    # More one by one than make the worker take many at a time.
    alone = [endpoint.run({"audio": clip})["output"]["segments"] for clip in clips()]
    assert len({str(segments) for segments in alone}) > 5
    jobs = [endpoint.submit({"audio": clip}) for clip in clips() * 12]
    bad = endpoint.submit({"audio": "aGVsbG8="})
    for number, job in enumerate(jobs):
        assert endpoint.result(job)["output"]["segments"] == alone[number % len(alone)]
    assert endpoint.result(bad)["error"].startswith("decode_failed: ")


def test_short_jobs_are_answered_while_a_long_one_that_came_before_is_in_work(
    endpoint: Emulated,
) -> None:
    for clip in clips():  # now the worker would take many, if it had no job
        endpoint.run({"audio": clip})
    long = endpoint.submit({"audio": encoded(np.zeros(16_000 * 3600), 16_000)})
    until(lambda: state(endpoint, long) == "IN_PROGRESS")
    for clip in clips()[:3]:
        assert endpoint.run({"audio": clip})["status"] == "COMPLETED"
        assert state(endpoint, long) == "IN_PROGRESS"
    assert endpoint.result(long, 300)["output"]["duration_s"] == 3600


def state(endpoint: Emulated, job_id: str) -> str:
    (found,) = (job["status"] for job in endpoint.jobs() if job["id"] == job_id)
    return str(found)


def test_what_was_taken_is_answered_before_a_worker_ends(tmp_path: Path) -> None:
    minutes = encoded(np.zeros(16_000 * 600), 16_000)
    names = [str(number) for number in range(6)]
    with ControlPlane() as plane, worker(plane, tmp_path) as process:
        for name in names:
            plane.call(name, {"audio": minutes})
        until(lambda: all(job["status"] != "IN_QUEUE" for job in plane.jobs()))
        process.send_signal(signal.SIGTERM)
        assert [plane.answer(name)["output"]["duration_s"] for name in names] == [600.0] * 6
        assert process.wait(60) == 0
