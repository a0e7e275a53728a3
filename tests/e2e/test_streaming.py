"""The speech recogniser in RunPod's own worker loop: whole results, streams, cancelled jobs."""

from __future__ import annotations

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from models.tiny.asr.scores import align
from runpod_emulator.processes import Processes
from runpod_emulator.testing import Emulated
from tools.loopback import served
from tools.workspace import COMMANDS, ROOT, TINY_MODELS

AUDIO = base64.b64encode(COMMANDS.read_bytes()).decode()
LINES = json.loads(COMMANDS.with_suffix(".json").read_text("utf-8"))
KEY = {"Authorization": "Bearer any"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Emulated]:
    """An endpoint with one worker, unmodified SDK and tiny weights."""
    environment = {
        "MODELS_DIR": str(TINY_MODELS),
        "SPEECH_ALLOW_HTTP": "1",
        "SPEECH_ALLOW_PRIVATE": "1",
    }
    command = [sys.executable, "-m", "services.asr.handler"]
    with Emulated(Processes(command, ROOT, environment)) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def long_audio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of half an hour of commands."""
    path = tmp_path_factory.mktemp("long") / "long.flac"
    samples, rate = soundfile.read(COMMANDS, dtype="int16")
    soundfile.write(path, np.tile(samples, 1800 * rate // len(samples)), rate)
    with served(path) as url:
        yield url


def call(endpoint: Emulated, method: str, path: str, **body: Any) -> dict[str, Any]:
    reply = requests.request(
        method, f"{endpoint.url}/{path}", headers=KEY, json=body or None, timeout=60
    )
    found: dict[str, Any] = reply.json()
    return found


def pieces(endpoint: Emulated, job: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is streamed, each piece with the state the job had then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = call(endpoint, "GET", f"stream/{job}")
        yield from ((answer["status"], piece["output"]) for piece in answer["stream"])
        if answer["status"] not in {"IN_QUEUE", "IN_PROGRESS"}:
            return
        time.sleep(0.02)


def test_a_job_gets_one_item_with_the_full_result(endpoint: Emulated) -> None:
    (result,) = endpoint.run({"audio": AUDIO, "timestamps": "word", "use_itn": False})["output"]
    heard = [word["text"] for segment in result["segments"] for word in segment["words"]]
    said = [word["text"] for line in LINES for word in line["words"]]
    assert align(said, heard).errors <= 0.2 * len(said)
    assert result["model"]["revision"] == "tiny-1"
    assert [segment["language"] for segment in result["segments"]][:2] == ["en", "zh"]


def test_a_stream_gives_each_segment_and_then_the_full_result(endpoint: Emulated) -> None:
    job = endpoint.submit({"audio": AUDIO, "stream": True})
    *segments, result = [piece for _, piece in pieces(endpoint, job)]
    assert segments == result["segments"]
    assert len(segments) == len(LINES)
    assert endpoint.result(job)["output"] == [*segments, result]


def test_the_first_segment_comes_long_before_the_last(endpoint: Emulated, long_audio: str) -> None:
    job = endpoint.submit({"audio_url": long_audio, "stream": True})
    state, first = next(pieces(endpoint, job))
    assert (state, first["start"]) == ("IN_PROGRESS", pytest.approx(LINES[0]["start"], abs=0.3))
    assert endpoint.result(job)["status"] == "COMPLETED"


def test_a_stream_of_several_recordings_says_which_is_which(endpoint: Emulated) -> None:
    *segments, result = endpoint.run({"audios": [AUDIO, "aGVsbG8="], "stream": True})["output"]
    assert {segment["item"] for segment in segments} == {0}
    assert result["results"][1]["error"].startswith("decode_failed: ")


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A URL, and what is posted to it."""
    posted: list[dict[str, Any]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", posted
        server.shutdown()


def test_a_streams_webhook_gets_all_of_it_once(endpoint: Emulated) -> None:
    with webhook() as (url, posted):
        job = {"input": {"audio": AUDIO, "stream": True}, "webhook": url}
        output = endpoint.result(call(endpoint, "POST", "run", **job)["id"])["output"]
        deadline = time.monotonic() + 20
        while not posted and time.monotonic() < deadline:
            time.sleep(0.05)
    assert [post["output"] for post in posted] == [output]


def test_a_job_cancelled_in_mid_file_ends_and_the_worker_goes_on(
    endpoint: Emulated, long_audio: str
) -> None:
    job = endpoint.submit({"audio_url": long_audio, "stream": True})
    next(pieces(endpoint, job))
    assert call(endpoint, "POST", f"cancel/{job}")["status"] == "CANCELLED"
    after = endpoint.run({"audio": AUDIO})
    cancelled = endpoint.result(job)
    assert (after["status"], cancelled["status"]) == ("COMPLETED", "CANCELLED")
    assert after["workerId"] == cancelled["workerId"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_a_string_in_either_case(endpoint: Emulated, stream: bool) -> None:
    for job_input, code in (
        ({"audio": AUDIO, "language": "klingon"}, "invalid_input: language: "),
        ({"audio": "aGVsbG8="}, "decode_failed: "),
        ({}, "invalid_input: "),
    ):
        ended = endpoint.run({**job_input, "stream": stream})
        assert ended["status"] == "FAILED"
        assert ended["error"].startswith(code)


def test_a_single_input_is_really_tried(tmp_path: Path) -> None:
    """The SDK's own flag for that does not run generators, and calls that a success."""
    job = (ROOT / "services" / "asr" / "test_input.json").read_text()
    run = subprocess.run(
        [sys.executable, "-m", "services.asr.handler", "--test_input", job],
        cwd=ROOT, env={**os.environ, "MODELS_DIR": str(TINY_MODELS), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0
    assert "'text': '" in run.stdout + run.stderr
