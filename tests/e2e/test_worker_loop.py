"""Workers in RunPod's own, unmodified worker loop, against the emulator."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.control_plane import ControlPlane
from tools.workspace import ROOT, SAMPLE, TINY_MODELS

AUDIO = base64.b64encode(SAMPLE.read_bytes()).decode()


@contextmanager
def worker(
    plane: ControlPlane, home: Path, models: Path = TINY_MODELS, service: str = "vad"
) -> Iterator[subprocess.Popen[str]]:
    """The service as RunPod starts it; its log is printed, and it is killed at the end."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "MODELS_DIR": str(models),
        **plane.environment(),
    }
    log = (home / "log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", f"services.{service}.handler"],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        # The SDK's pings come from a process of their own, which outlives a worker that is killed.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.seek(0)
        print(log.read())
        log.close()


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with one worker polling it."""
    with ControlPlane() as plane, worker(plane, tmp_path_factory.mktemp("home")):
        yield plane


def test_a_job_is_answered(plane: ControlPlane) -> None:
    plane.call("good", {"audio_base64": AUDIO})
    output = plane.answer("good")["output"]
    assert len(output["segments"]) >= 4
    assert output["model"]["revision"] == "tiny-1"


def test_a_list_is_answered_in_one_job(plane: ControlPlane) -> None:
    plane.call("list", {"audios": [AUDIO, "aGVsbG8=", {"audio_base64": AUDIO}]})
    first, second, third = plane.answer("list")["output"]["results"]
    assert first["segments"] == third["segments"]
    assert second["error"].startswith("decode_failed: ")


def test_an_error_reaches_runpod_as_a_string(plane: ControlPlane) -> None:
    plane.call("bad", {"audio": AUDIO, "langauge": "zh"})
    assert plane.answer("bad") == {"error": "invalid_input: unknown field langauge"}


def test_a_caller_cannot_reach_this_machine(plane: ControlPlane) -> None:
    plane.call("ssrf", {"audio_url": "https://127.0.0.1/audio.wav"})
    assert plane.answer("ssrf")["error"].startswith("fetch_failed: ")


BAD_INPUTS: list[object] = [
    None, [], "x", 7, {}, {"audio": ""}, {"audio": "!!"}, {"audio": "aGVsbG8="},
    {"audio_url": "file:///etc/passwd"}, {"audio_url": "http://example.com/x"},
    {"audio_url": "https://169.254.169.254/latest"}, {"audio_base64": "UklGRgAAAABXQVZF"},
    {"audio": AUDIO, "pad_ms": -1}, {"audio": AUDIO, "mode": "exact"},
    {"audio": AUDIO, "mode": "precise", "max_segment_s": 10},
    {"audio": AUDIO, "channel": 5}, {"audios": []}, {"audios": [{}]}, {"audio": "\u0000"},
    {"audio": "data:audio/wav;base64,"}, {"audio": "data:,x"}, {"audio_url": "https://"},
]  # fmt: skip


def test_hundreds_of_bad_jobs_each_get_a_typed_error_and_the_worker_lives(
    plane: ControlPlane,
) -> None:
    names = [f"bad-{round_}-{index}" for round_ in range(10) for index in range(len(BAD_INPUTS))]
    for name in names:
        plane.call(name, BAD_INPUTS[int(name.rpartition("-")[2])])
    codes = {name: plane.answer(name)["error"].partition(":")[0] for name in names}
    assert set(codes.values()) == {"invalid_input", "fetch_failed", "decode_failed"}
    plane.call("still-there", {"audio": AUDIO})
    assert plane.answer("still-there")["output"]["segments"]


def test_sigterm_ends_an_idle_worker_cleanly(tmp_path: Path) -> None:
    with ControlPlane() as plane, worker(plane, tmp_path) as process:
        plane.call("one", {"audio": AUDIO})
        assert "output" in plane.answer("one")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_the_log_tells_nothing_of_a_job(tmp_path: Path) -> None:
    with ControlPlane() as plane, worker(plane, tmp_path) as process:
        job = plane.call("one", {"audio": AUDIO})
        plane.call("two", {"audio_url": "https://user@example.com/dir/file.wav?token=abc"})
        plane.answer("one"), plane.answer("two")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log = (tmp_path / "log").read_text()
    assert f'"job": "{job}"' in log
    assert re.search(r"ready after \d+\.\d\d s", log)
    for secret in ("segments", "token", "file.wav", AUDIO[:40], str(TINY_MODELS)):
        assert secret not in log


def test_an_altered_model_is_reported_as_unhealthy_and_stops_the_start(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(TINY_MODELS / "iic", models / "iic")
    weights = next(models.rglob("model.pt"))
    flipped = bytearray(weights.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    weights.write_bytes(flipped)
    home = tmp_path / "home"
    home.mkdir()
    with ControlPlane() as plane, worker(plane, home, models) as process:
        assert process.wait(60) == 1
        assert "model_altered" in plane.unhealthy()["worker"]


@pytest.mark.parametrize("model_dir", ["nowhere", "."])
def test_without_a_model_the_worker_says_so_and_ends(tmp_path: Path, model_dir: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "services.vad.handler", "--test_input", json.dumps({"input": {}})],
        cwd=ROOT, env={**os.environ, "MODELS_DIR": str(tmp_path / model_dir)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "model_missing: iic/" in run.stderr
    assert "Traceback" not in run.stderr
    assert str(tmp_path) not in run.stderr + run.stdout


@pytest.fixture(scope="module")
def diarization(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with one diarization worker polling it."""
    home = tmp_path_factory.mktemp("home")
    with ControlPlane() as plane, worker(plane, home, service="diarization"):
        yield plane


def test_who_speaks_when_is_answered(diarization: ControlPlane) -> None:
    diarization.call("who", {"audio": AUDIO, "return_embeddings": True})
    output = diarization.answer("who")["output"]
    assert output["num_speakers"] == 2
    assert output["model"]["revision"] == output["vad_model"]["revision"] == "tiny-1"
    assert json.dumps(output, allow_nan=False)


def test_jobs_at_a_time_do_not_mix(diarization: ControlPlane) -> None:
    asked = {f"ask-{n}": {"audio": AUDIO, "num_speakers": n} for n in (1, 2, 3)}
    for name, job in asked.items():
        diarization.call(name, job)
    found = {name: diarization.answer(name)["output"]["num_speakers"] for name in asked}
    assert found == {"ask-1": 1, "ask-2": 2, "ask-3": 3}


def test_a_known_voice_travels_with_the_job(diarization: ControlPlane) -> None:
    known = [{"name": "Everybody", "audio": AUDIO}]
    diarization.call("known", {"audio": AUDIO, "num_speakers": 1, "known_speakers": known})
    assert diarization.answer("known")["output"]["speakers"][0]["label"] == "Everybody"
    bad = [{"name": "Nobody", "audio": "aGVsbG8="}]
    diarization.call("bad", {"audio": AUDIO, "known_speakers": bad})
    assert diarization.answer("bad")["error"].startswith("decode_failed: voice 1: ")
