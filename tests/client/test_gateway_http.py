"""What reaches the gateway in other ways than by OpenAI's client: bad forms, floods, strangers."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runpod_emulator.faults import Fault
from speech_endpoints import failures
from speech_endpoints.gateway.problems import Problem
from speech_endpoints.vendored.shared import errors
from tests.client.conftest import Service
from tests.client.gateway import Gateway, gateway
from tests.waiting import until
from tools.workspace import CLIENT, COMMANDS

MINE = "known-to-the-tests"
AUDIO = COMMANDS.read_bytes()


@pytest.fixture(scope="module")
def up(asr: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(asr.url, tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture(scope="module")
def narrow(asr: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that takes a request at a time, of a megabyte, from those who know its token."""
    options = ("--parallel", "1", "--largest-mb", "1")
    folder = tmp_path_factory.mktemp("narrow")
    with gateway(asr.url, folder, *options, SPEECH_GATEWAY_TOKEN=MINE) as found:
        yield found


def post(
    to: Gateway, file: Any = AUDIO, headers: dict[str, str] | None = None, **fields: Any
) -> httpx.Response:
    files = {"file": ("meeting.flac", file)} if file is not None else {"none": ("", b"")}
    url = f"{to.url}/audio/transcriptions"
    return httpx.post(url, data=fields, files=files, headers=headers, timeout=60)


def known(token: str = MINE) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def error(reply: httpx.Response) -> tuple[int, str, str | None, str | None]:
    """Its status and what it says, after a look at its shape."""
    (content,) = reply.json().values()
    assert set(content) == {"message", "type", "param", "code"}
    assert content["message"]
    return reply.status_code, content["type"], content["param"], content["code"]


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"response_format": "docx"}, "response_format", "invalid_value"),
        ({"response_format": "diarized_json"}, "response_format", "invalid_value"),
        ({"language": "tlh"}, "language", "unsupported_language"),
        ({"temperature": "3"}, "temperature", "invalid_value"),
        ({"include[]": "logprobs"}, "include", "invalid_value"),
        ({"timestamp_granularities[]": "word"}, "timestamp_granularities", "invalid_value"),
        ({"timestamp_granularities[]": "letter"}, "timestamp_granularities", "invalid_value"),
        ({"stream": "true", "response_format": "srt"}, "response_format", "invalid_value"),
        ({"stream": "perhaps"}, "stream", "invalid_value"),
        ({"colour": "blue"}, "colour", "invalid_value"),
        ({"prompt": "x" * 70_000}, "prompt", "invalid_value"),
        ({"prompt": "x" * 4_000_000}, None, None),
    ],
)
def test_a_wrong_field_is_named(
    up: Gateway, asr: Service, fields: dict[str, Any], param: str | None, code: str | None
) -> None:
    before = len(asr.jobs())
    assert error(post(up, **fields)) == (400, "invalid_request_error", param, code)
    assert len(asr.jobs()) == before


def test_a_form_without_a_file_says_so(up: Gateway) -> None:
    missing = (400, "invalid_request_error", "file", "invalid_value")
    assert error(post(up, None, model="any")) == missing
    url = f"{up.url}/audio/transcriptions"
    assert error(httpx.post(url, data={"file": "a name"})) == missing
    assert error(httpx.post(url, json={"file": "a name"})) == missing
    assert error(post(up, b"")) == (400, "invalid_request_error", "file", "invalid_input")


def test_a_form_that_is_none_is_refused(up: Gateway) -> None:
    url, kind = f"{up.url}/audio/transcriptions", "multipart/form-data"
    reply = httpx.post(url, content=b"nonsense", headers={"Content-Type": kind})
    assert error(reply)[0] == 400
    kind += "; boundary=x"
    reply = httpx.post(url, content=b"nonsense", headers={"Content-Type": kind})
    assert error(reply)[0] == 400


def test_there_is_nothing_else(up: Gateway) -> None:
    reply = httpx.get(f"{up.url}/audio/transcriptions")
    assert error(reply)[0] == 405
    assert reply.headers["Allow"] == "POST"
    assert error(httpx.post(f"{up.url}/chat/completions"))[0] == 404


@pytest.mark.parametrize(
    ("problem", "status", "again"),
    [
        (errors.InvalidInput(""), 400, "false"),
        (errors.AudioTooLong(""), 413, "false"),
        (errors.ResultTooLarge(""), 413, "false"),
        (errors.OutOfMemory(""), 503, "true"),
        (errors.InternalError(""), 502, "false"),
        (failures.TooManyRequests(""), 429, "true"),
        (failures.Unreachable(""), 503, "true"),
        (failures.Unreachable("", "a job that goes on"), 503, "false"),
        (failures.NotAuthorised(""), 502, "false"),
        (failures.JobTimedOut(""), 504, "false"),
        (failures.WaitedTooLong(""), 504, "false"),
    ],
    ids=str,
)
def test_an_error_says_whose_it_is_and_whether_to_come_again(
    problem: errors.SpeechError, status: int, again: str
) -> None:
    found = Problem.of(problem)
    assert (found.status, found.headers()["x-should-retry"]) == (status, again)
    assert found.content()["error"]["code"] == problem.code


def test_curl_gets_subtitles(up: Gateway) -> None:
    command = [
        *("curl", "-sS", f"{up.url}/audio/transcriptions", "-F", f"file=@{COMMANDS}"),
        *("-F", "model=whisper-1", "-F", "response_format=vtt", "-F", "language=EN"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.startswith("WEBVTT\n")
    assert "play music" in run.stdout


def test_whoever_leaves_cancels_the_job(up: Gateway, asr: Service) -> None:
    with asr.going_wrong(Fault("job-done", delay_s=10.0)):
        before = len(asr.jobs())
        url = f"{up.url}/audio/transcriptions"
        caller = subprocess.Popen(["curl", "-sS", url, "-F", f"file=@{COMMANDS}"])
        until(lambda: len(asr.jobs()) > before)
        caller.kill()
        caller.wait()
        assert asr.result(asr.jobs()[-1]["id"])["status"] == "CANCELLED"


def test_health_needs_no_key(narrow: Gateway) -> None:
    url = narrow.url.removesuffix("/v1") + "/health"
    assert httpx.get(url).json() == {"status": "ok", "running": 0, "parallel": 1}


@pytest.mark.parametrize("headers", [{}, known("another"), {"Authorization": MINE}])
def test_whoever_does_not_know_the_token_is_turned_away(
    narrow: Gateway, asr: Service, headers: dict[str, str]
) -> None:
    before = len(asr.jobs())
    reply = post(narrow, headers=headers)
    assert error(reply) == (401, "invalid_request_error", None, "invalid_api_key")
    assert httpx.get(f"{narrow.url}/models", headers=headers).status_code == 401
    assert len(asr.jobs()) == before
    assert post(narrow, headers=known()).status_code == 200


def test_a_web_page_cannot_spend_its_readers_money(up: Gateway, asr: Service) -> None:
    before = len(asr.jobs())
    reply = post(up, headers={"Origin": "https://example.com"})
    assert error(reply) == (403, "invalid_request_error", None, "origin_not_allowed")
    assert len(asr.jobs()) == before


def pieces(megabytes: int) -> Iterator[bytes]:
    """A form whose length nobody says beforehand."""
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    for _ in range(megabytes):
        yield bytes(1_000_000)
    yield b"\r\n--x--\r\n"


def test_an_upload_that_is_too_large_is_refused_and_its_sender_told(narrow: Gateway) -> None:
    too_large = (413, "invalid_request_error", "file", "audio_too_large")
    assert error(post(narrow, bytes(30_000_000), known())) == too_large
    url = f"{narrow.url}/audio/transcriptions"
    headers = {**known(), "Content-Type": "multipart/form-data; boundary=x"}
    assert error(httpx.post(url, content=pieces(30), headers=headers)) == too_large


def test_what_is_refused_unread_is_answered_all_the_same(narrow: Gateway) -> None:
    assert error(post(narrow, bytes(30_000_000)))[0] == 401


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_upload_takes_disk_and_not_memory_and_leaves_nothing(up: Gateway) -> None:
    def most_memory() -> int:
        status = Path(f"/proc/{up.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1000

    def deleted() -> list[str]:
        links = Path(f"/proc/{up.process.pid}/fd").iterdir()
        return [name for link in links if (name := str(link.resolve())).startswith(str(up.uploads))]

    assert (
        error(post(up, b"x" * 9_000_000))[3] == "decode_failed"
    )  # it has to be packed: PyAV is loaded
    before = most_memory()
    url = f"{up.url}/audio/transcriptions"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    reply = httpx.post(url, content=pieces(150), headers=headers, timeout=60)
    assert error(reply)[3] == "decode_failed"
    assert most_memory() - before < 50
    assert not list(up.uploads.iterdir())
    assert not deleted()


def test_more_than_it_may_do_at_a_time_is_to_come_again(narrow: Gateway, asr: Service) -> None:
    with asr.going_wrong(Fault("job-done", delay_s=5.0)):
        before = len(asr.jobs())
        replies: list[httpx.Response] = []
        first = threading.Thread(target=lambda: replies.append(post(narrow, headers=known())))
        first.start()
        until(lambda: len(asr.jobs()) > before)
        refused = post(narrow, headers=known())
        assert error(refused) == (429, "rate_limit_error", None, "too_many_requests")
        assert int(refused.headers["Retry-After"]) > 0
        first.join()
    assert [reply.status_code for reply in replies] == [200]
    assert post(narrow, headers=known()).status_code == 200
    assert len(asr.jobs()) == before + 2


def test_a_caller_who_leaves_while_sending_leaves_nothing(up: Gateway, asr: Service) -> None:
    before = len(asr.jobs())

    def broken() -> Iterator[bytes]:
        yield from list(pieces(3))[:3]
        raise ConnectionError

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with pytest.raises(ConnectionError):
        httpx.post(f"{up.url}/audio/transcriptions", content=broken(), headers=headers)
    health = up.url.removesuffix("/v1") + "/health"
    until(lambda: httpx.get(health).json()["running"] == 0)
    assert not list(up.uploads.iterdir())
    assert len(asr.jobs()) == before


def test_stopping_it_cancels_the_jobs(asr: Service, tmp_path: Path) -> None:
    with (
        gateway(asr.url, tmp_path / "stopped") as found,
        asr.going_wrong(Fault("job-done", delay_s=8.0)),
    ):
        before = len(asr.jobs())
        replies: list[httpx.Response] = []
        caller = threading.Thread(target=lambda: replies.append(post(found)))
        caller.start()
        until(lambda: len(asr.jobs()) > before)
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(30) == 0
        assert asr.result(asr.jobs()[-1]["id"])["status"] == "CANCELLED"
        caller.join()
    assert error(replies[0]) == (503, "server_error", None, "stopping")


def test_stopping_it_ends_streams_and_cancels_their_jobs(asr: Service, tmp_path: Path) -> None:
    with (
        gateway(asr.url, tmp_path / "stopped") as found,
        asr.going_wrong(Fault("job-done", delay_s=8.0)),
    ):
        url, files = f"{found.url}/audio/transcriptions", {"file": ("meeting.flac", AUDIO)}
        with httpx.stream("POST", url, data={"stream": "true"}, files=files) as reply:
            events = reply.iter_lines()
            assert "transcript.text.delta" in next(events)
            found.process.send_signal(signal.SIGINT)
            with pytest.raises(httpx.RemoteProtocolError):
                list(events)
        assert found.process.wait(30) == 0
        assert asr.result(asr.jobs()[-1]["id"])["status"] == "CANCELLED"
    assert "Error" not in found.log


def test_it_serves_others_than_this_machine_only_with_a_token(asr: Service) -> None:
    command = [sys.executable, "-m", "speech_endpoints", "gateway", "-e", asr.url, "--port", "0"]
    run = subprocess.run(
        [*command, "--host", "0.0.0.0"],
        env={"PYTHONPATH": str(CLIENT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "SPEECH_GATEWAY_TOKEN" in run.stderr


def test_its_log_tells_nothing_of_what_was_said(up: Gateway, narrow: Gateway) -> None:
    private = "what nobody else may read"
    assert "play music" in post(up, prompt=private, response_format="srt").text
    unknown: dict[str, Any] = {private: private}
    assert post(up, **unknown).status_code == 400
    httpx.get(f"{up.url}/models", params={"key": private}, headers=known())
    assert post(narrow, headers=known()).status_code == 200
    assert " 200 in " in up.log
    assert " 400 invalid_value" in up.log
    for log in (up.log, narrow.log):
        for word in (private, MINE, "play", "meeting", "Traceback"):
            assert word not in log
