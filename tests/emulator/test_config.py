"""Endpoints are read from a file; what is wrong in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from runpod_emulator.config import read_endpoints
from runpod_emulator.containers import Containers
from runpod_emulator.processes import Processes
from runpod_emulator.rates import Rate
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling

FILE = """
[endpoint.vad]
command = ["python", "handler.py"]
folder = "services"
environment = { A = "b" }
gpu = "AMPERE_24"
poll_s = 5
[endpoint.vad.scaling]
workers_max = 2
scaler = "REQUEST_COUNT"
[endpoint.vad.rules]
lease_s = 30

[endpoint.asr]
image = "local/asr:1"
volumes = ["/data:/runpod-volume:ro"]
rates = { run = { requests = 5 } }
"""


A = '[endpoint.a]\ncommand = ["x"]'


def write(folder: Path, text: str) -> Path:
    file = folder / "endpoints.toml"
    file.write_text(text)
    return file


def test_a_file_describes_endpoints_of_processes_and_of_containers(tmp_path: Path) -> None:
    vad, asr = read_endpoints(write(tmp_path, FILE))
    assert vad.workers == Processes(["python", "handler.py"], tmp_path / "services", {"A": "b"})
    assert vad.scaling == Scaling(workers_max=2, scaler="REQUEST_COUNT")
    assert (vad.settings.id, vad.settings.gpu, vad.settings.poll_s) == ("vad", "AMPERE_24", 5)
    assert vad.settings.rules == Rules(lease_s=30)
    assert asr.workers == Containers("local/asr:1", volumes=("/data:/runpod-volume:ro",))
    assert asr.settings.rates == {"run": Rate(5)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "endpoint"),
        ("[endpoint.a]", "endpoint.a: it needs a command, or an image"),
        ("[endpoint.a]\ncommand = 3", "endpoint.a: command: "),
        (f"{A}\nworkers_max = 3", "endpoint.a: workers_max: "),
        (f'{A}\n[endpoint.a.scaling]\nscaler = "x"', "endpoint.a: scaling.scaler: "),
        (f"{A}\n[endpoint.a.rules]\nlease = 3", "endpoint.a: rules.lease: "),
        ("[endpoint", "table"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_endpoints(write(tmp_path, text))
