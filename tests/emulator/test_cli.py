"""The command says in a line what is wrong, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.workspace import EMULATOR

SERVE = [sys.executable, "-m", "runpod_emulator", "serve"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(EMULATOR), "COLUMNS": "200", "NO_COLOR": "1"}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--state", "text"], "database"),
        (["--state", "nowhere/x"], "database"),
        (["--events", "nowhere/x"], "nowhere/x"),
        (["--log", "nowhere/x"], "nowhere/x"),
        (["--faults", "text"], "fault|Invalid|Expected"),
        (["--port", "99999"], "65535"),
        (["--workers-max", "-1"], "workers_min"),
        (["--workers-min", "3"], "workers_min"),
        (["--endpoint", "a/b"], "id: "),
        (["--view"], "--log"),
        (["--config", "text"], "command|config"),
    ],
)
def test_a_mistake_is_named_without_a_traceback(
    options: list[str], named: str, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("this is text, and no database\n" * 100)
    done = subprocess.run(
        [*SERVE, *options, "--", sys.executable, "-c", ""],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert any(part in done.stderr for part in named.split("|"))
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_its_workers_end_with_it(number: signal.Signals, tmp_path: Path) -> None:
    marker = tmp_path / "worker"
    code = f"import pathlib, os, time; pathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\n"
    signal.signal(signal.SIGINT, signal.default_int_handler)  # or children would ignore it
    process = subprocess.Popen(
        [*SERVE, "--port", "0", "--workers-min", "1", "--",
         sys.executable, "-c", f"{code}time.sleep(600)"],
        cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while not (marker.exists() and marker.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(30) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)
