"""The bundle in RunPod's own worker loop: every task's output is a list, whose last item is it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runpod_emulator.processes import Processes
from runpod_emulator.testing import Emulated
from tools.workspace import COMMANDS, ROOT, TINY_MODELS

AUDIO = base64.b64encode(COMMANDS.read_bytes()).decode()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Emulated]:
    """An endpoint with one worker, unmodified SDK and tiny weights."""
    command = [sys.executable, "-m", "services.bundle.handler"]
    with Emulated(Processes(command, ROOT, {"MODELS_DIR": str(TINY_MODELS)})) as endpoint:
        yield endpoint


@pytest.mark.parametrize(
    ("task", "has"),
    [("vad", "segments"), ("diarization", "turns"), ("asr", "text"), ("transcribe", "speakers")],
)
def test_each_task_is_answered_by_one_worker(endpoint: Emulated, task: str, has: str) -> None:
    ended = endpoint.run({"task": task, "audio": AUDIO})
    assert ended["status"] == "COMPLETED"
    (result,) = ended["output"]
    assert result[has]
    assert result["service"]["name"] == "bundle"
    assert ended["workerId"].startswith("test-w1-")


def test_who_said_what_is_told(endpoint: Emulated) -> None:
    (result,) = endpoint.run({"task": "transcribe", "audio": AUDIO})["output"]
    lines = json.loads(COMMANDS.with_suffix(".json").read_text("utf-8"))
    names = {"en": "SPEAKER_00", "zh": "SPEAKER_01"}  # one voice for each language
    said = [(segment["language"], segment["speaker"]) for segment in result["segments"]]
    assert said == [(line["language"], names[line["language"]]) for line in lines]


def test_jobs_of_different_tasks_at_a_time_do_not_mix(endpoint: Emulated) -> None:
    tasks = ["vad", "asr", "diarization", "transcribe"] * 2
    jobs = [endpoint.submit({"task": task, "audio": AUDIO}) for task in tasks]
    results = [endpoint.result(job)["output"][-1] for job in jobs]
    for first, second in zip(results[:4], results[4:], strict=True):
        assert first.keys() == second.keys()
        assert first.get("turns") == second.get("turns")
        assert first.get("segments") == second.get("segments")


def test_only_asr_streams(endpoint: Emulated) -> None:
    *segments, result = endpoint.run({"task": "asr", "audio": AUDIO, "stream": True})["output"]
    assert segments == result["segments"]
    refused = endpoint.run({"task": "transcribe", "audio": AUDIO, "stream": True})
    assert refused["error"] == "invalid_input: unknown field stream"


BAD_INPUTS: list[tuple[Any, str]] = [
    ({"audio": AUDIO}, "invalid_input: task: give vad, diarization, asr or transcribe"),
    ({"task": "tts", "audio": AUDIO}, "invalid_input: task: "),
    ({"task": {}, "audio": AUDIO}, "invalid_input: task: "),
    ({"task": "asr"}, "invalid_input: give exactly one of"),
    ({"task": "vad", "audio": AUDIO, "language": "zh"}, "invalid_input: unknown field language"),
    ({"task": "transcribe", "audio": "aGVsbG8="}, "decode_failed: "),
    ({"task": "asr", "audio_url": "https://127.0.0.1/a.wav"}, "fetch_failed: "),
    ("transcribe", "invalid_input: input must be a JSON object"),
]


def test_bad_jobs_each_get_a_typed_error_and_the_worker_lives(endpoint: Emulated) -> None:
    ended = [endpoint.run(job_input) for job_input, _ in BAD_INPUTS]
    for job, (_, error) in zip(ended, BAD_INPUTS, strict=True):
        assert job["status"] == "FAILED"
        assert job["error"].startswith(error)
    after = endpoint.run({"task": "vad", "audio": AUDIO})
    assert {job["workerId"] for job in [*ended, after]} == {after["workerId"]}


def test_a_single_input_is_really_tried(tmp_path: Path) -> None:
    job = (ROOT / "services" / "bundle" / "test_input.json").read_text()
    run = subprocess.run(
        [sys.executable, "-m", "services.bundle.handler", "--test_input", job],
        cwd=ROOT, env={**os.environ, "MODELS_DIR": str(TINY_MODELS), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0
    assert "'speaker': 'SPEAKER_00'" in run.stdout + run.stderr
