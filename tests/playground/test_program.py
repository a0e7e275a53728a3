"""The program behind the page: whom it answers, what it takes, what it never gives away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from playground.files import rendered
from playground.peaks import COLUMN, peaks_of
from playground.tasks import TASKS
from speech_endpoints import ASR
from speech_endpoints.packing import RATE
from tests.client.conftest import Service
from tests.playground.conftest import served
from tools.workspace import CLIENT, COMMANDS, EMULATOR, ROOT, SAMPLE

NOWHERE = "http://127.0.0.1:9/v2/vad"  # the discard port: nobody listens


def given(program: httpx.Client, audio: bytes = b"", name: str = "talk.flac") -> str:
    """The id of a recording that was handed over."""
    reply = program.post(
        "/recordings", content=audio or COMMANDS.read_bytes(), headers={"x-name": name}
    )
    return str(reply.raise_for_status().json()["id"])


def answer(
    program: httpx.Client,
    task: str,
    recording: str,
    voices: Mapping[str, str] = MappingProxyType({}),
    **options: object,
) -> dict[str, Any]:
    """The last line of what a job tells."""
    asked = {"task": task, "recording": recording, "options": options, "voices": dict(voices)}
    lines = program.post("/jobs", json=asked).raise_for_status().text.splitlines()
    found: dict[str, Any] = json.loads(lines[-1])
    return found


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "169.254.169.254"])
def test_a_name_that_others_point_here_is_not_answered(program: httpx.Client, host: str) -> None:
    assert program.get("/tasks", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
def test_what_another_page_sends_is_refused(program: httpx.Client, origin: str) -> None:
    for path in ("/jobs", "/recordings", "/calls"):
        assert program.post(path, json={}, headers={"origin": origin}).status_code == 403


def test_every_answer_forbids_what_the_page_does_not_need(program: httpx.Client) -> None:
    for path in ("/", "/page/main.js", "/tasks", "/nothing"):
        headers = program.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert program.get("/").text.count('nonce="') == 1
    assert program.get("/").text != program.get("/").text, "a nonce is for one answer"


def test_the_key_reaches_nobody_but_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_secret")
    with (
        served({"vad": "someid"}) as url,
        httpx.Client(base_url=url, headers={"origin": url}) as asked,
    ):
        told = [asked.get(path) for path in ("/", "/tasks", "/page/api.js", "/answers/a/json")] + [
            asked.post("/calls", json={"task": "vad", "recording": given(asked)})
        ]
    assert "https://api.runpod.ai/v2/someid" in told[-1].json()["curl"]
    for reply in told:
        assert "rpa_secret" not in reply.text + str(reply.headers)


def test_a_recording_is_no_larger_than_allowed() -> None:
    with served({"vad": NOWHERE}, most_bytes=1000) as url:
        reply = httpx.post(f"{url}/recordings", content=bytes(1001), headers={"origin": url})
    assert reply.status_code == 413
    assert reply.json()["code"] == "audio_too_large"


def test_what_is_no_audio_is_refused_by_its_code(program: httpx.Client) -> None:
    for content, code in ((b"no audio at all", "decode_failed"), (b"", "invalid_input")):
        reply = program.post("/recordings", content=content)
        assert (reply.status_code, reply.json()["code"]) == (400, code)


def test_a_name_leads_nowhere(program: httpx.Client) -> None:
    taken = program.post(
        "/recordings", content=SAMPLE.read_bytes(), headers={"x-name": "..%2F..%2Fetc%2Fa%20b.flac"}
    )
    assert taken.json()["name"] == "a b.flac"


@pytest.mark.parametrize(
    "question",
    [
        {"task": "vad", "recording": "gone"}, {"task": "nothing"}, {"task": ["vad"]}, [], "vad",
        {"task": "vad", "recording": {}, "options": 1},
    ],
)  # fmt: skip
def test_a_malformed_question_is_refused(program: httpx.Client, question: object) -> None:
    reply = program.post("/jobs", json=question)
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_input")


def test_an_option_the_service_has_not_is_an_error_and_no_job(
    program: httpx.Client, services: dict[str, Service]
) -> None:
    before = len(services["bundle"].jobs())
    told = answer(program, "vad", given(program), pad_ms=-1)
    assert (told["event"], told["code"]) == ("error", "invalid_input")
    assert "pad_ms" in told["message"]
    assert len(services["bundle"].jobs()) == before


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """``nox -s playground``, while the context lasts."""
    environment = {**os.environ, "PYTHONPATH": f"{EMULATOR}{os.pathsep}{CLIENT}"}
    with subprocess.Popen(
        [sys.executable, "-m", "playground", *arguments], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_ends_without_a_word(
    services: dict[str, Service], end: signal.Signals
) -> None:
    with command("--port", "0", "--endpoint", f"bundle={services['bundle'].url}") as process:
        assert process.stdout
        url = process.stdout.readline().split()[0]
        tasks = httpx.get(f"{url}/tasks").json()
        assert [task["name"] for task in tasks] == list(TASKS), "a bundle has all of them"
        process.send_signal(end)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")


def test_the_command_says_that_its_port_is_taken(playground: str) -> None:
    with command("--port", playground.rpartition(":")[2], "--endpoint", "vad=id") as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "cannot listen on port" in said


@pytest.mark.parametrize("wrong", ["vad", "vad=an endpoint"])
def test_the_command_refuses_what_is_no_endpoint(wrong: str) -> None:
    with command("--endpoint", wrong) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Traceback" not in said


def test_the_waveform_is_that_of_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "ramp.wav"
    loud = np.repeat(np.array([0, 0.25, 1.0, 0.5], np.float32), COLUMN)
    soundfile.write(path, np.concatenate([loud, -loud[: COLUMN // 2]]), RATE, subtype="PCM_16")
    peaks = peaks_of(path)
    assert list(peaks.columns) == [0, 64, 255, 128, 0]
    assert peaks.duration_s == pytest.approx(len(peaks.columns) / 100 - 0.005)


def test_an_answer_says_where_its_time_and_its_money_went(program: httpx.Client) -> None:
    told = answer(program, "vad", given(program))
    times, cost = told["times"], told["cost"]
    assert times["total_s"] >= times["worked_s"] > 0
    assert times["jobs"] == 1
    assert cost["work"] == pytest.approx(times["worked_s"] * cost["per_s"])
    assert cost["alone"] > cost["work"]


def test_subtitles_are_those_of_the_service(
    program: httpx.Client, services: dict[str, Service]
) -> None:
    told = answer(program, "asr", given(program))
    with ASR(services["asr"].url) as asr:
        for form in ("srt", "vtt"):
            wanted = asr.run(COMMANDS, format=form).formatted
            saved = program.get(told["files"][form])
            assert saved.text == wanted
            assert saved.headers["content-disposition"].endswith(f"talk.{form}")


@pytest.mark.parametrize("task", TASKS)
def test_every_format_of_a_task_can_be_saved(program: httpx.Client, task: str) -> None:
    told = answer(program, task, given(program))
    assert set(told["files"]) == set(TASKS[task].files)
    for form, address in told["files"].items():
        text = program.get(address).raise_for_status().text
        assert text, form
        if form == "json":
            assert "formatted" not in json.loads(text)
    assert program.get(f"{told['files']['json']}x").status_code == 404


def test_a_transcript_says_who_spoke() -> None:
    segments = [
        {"start": 0, "end": 1, "speaker": "A", "text": "one."},
        {"start": 1, "end": 2, "speaker": "A", "text": "two."},
        {"start": 2, "end": 3, "speaker": None, "text": "三。"},
    ]
    first, second = "00:00:00.000 --> 00:00:01.000", "00:00:01.500 --> 00:00:02.000"
    vtt = f"WEBVTT\n\n{first}\n<v A&amp;B>x &lt; y\n\n{second}\nz\n"
    result = {"text": "", "num_speakers": 1, "segments": segments, "formatted": vtt}
    assert rendered(result, "txt", "a") == "A: one. two.\n三。\n"
    assert rendered(result, "srt", "a") == (
        "1\n00:00:00,000 --> 00:00:01,000\nA&B: x < y\n\n2\n00:00:01,500 --> 00:00:02,000\nz\n"
    )
