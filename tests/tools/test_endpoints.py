"""Services are described to the emulator as their endpoint.toml says."""

from __future__ import annotations

from pathlib import Path

import pytest

from runpod_emulator.config import read_endpoints
from runpod_emulator.containers import Containers
from runpod_emulator.processes import Processes
from tools.endpoints import EndpointSpec, document, of_an_image, on_this_machine
from tools.local import service
from tools.workspace import ROOT, TINY_MODELS


def test_the_emulator_reads_what_is_written(tmp_path: Path) -> None:
    spec = service("vad").spec
    file = tmp_path / "endpoints.toml"
    file.write_text(document({"vad": on_this_machine(spec, TINY_MODELS)}))
    (endpoint,) = read_endpoints(file)
    assert isinstance(endpoint.workers, Processes)
    assert endpoint.workers.folder == ROOT
    assert endpoint.workers.environment == {"MODELS_DIR": str(TINY_MODELS)}
    assert endpoint.settings.gpu == EndpointSpec.of("vad").gpu[0]
    assert endpoint.scaling.workers_max == EndpointSpec.of("vad").workers_max


def test_a_folder_stands_for_the_network_volume_of_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_LOCK", "beside")
    file = tmp_path / "endpoints.toml"
    file.write_text(document({"vad": of_an_image("local/vad:1", tmp_path)}))
    (endpoint,) = read_endpoints(file)
    assert isinstance(endpoint.workers, Containers)
    assert endpoint.workers.volumes == (f"{tmp_path}:/runpod-volume:ro",)
    assert endpoint.workers.environment == {"MODELS_LOCK": "beside"}


def test_an_image_stands_in_for_the_processes(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.toml"
    file.write_text(document({"vad": of_an_image("local/vad:1")}))
    (endpoint,) = read_endpoints(file)
    assert endpoint.workers == Containers("local/vad:1")
