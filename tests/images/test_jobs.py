"""A worker in a container, started with compose, takes jobs from a queue and answers them."""

from __future__ import annotations

import base64
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container
from pytest_docker.plugin import Services

from tests.control_plane import ControlPlane
from tests.images.conftest import Island
from tests.images.container import HARDENED
from tools.images.build import Built
from tools.workspace import SAMPLE

AUDIO = base64.b64encode(SAMPLE.read_bytes()).decode()
PROJECT = f"speech-tests-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    """Compose is a plug-in of newer clients, and a program of its own beside older ones."""
    return "docker-compose" if shutil.which("docker-compose") else "docker compose"


@pytest.fixture(scope="session")
def docker_setup() -> str:
    """The image is built already, and older compose programs cannot wait."""
    return "up --detach"


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return PROJECT


@pytest.fixture(scope="session")
def plane(island: Island) -> Iterator[ControlPlane]:
    with ControlPlane(island.address) as plane:
        yield plane


@pytest.fixture(scope="session")
def docker_compose_file(
    plane: ControlPlane, built: Built, island: Island, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """One hardened worker on the network that leads nowhere else."""
    keys = ("read_only", "cap_drop", "security_opt", "user", "mem_limit", "pids_limit")
    worker = {
        **{key: HARDENED[key] for key in keys},
        "image": built.reference,
        "tmpfs": list(HARDENED["tmpfs"]),
        # In a compose file a dollar sign is written twice.
        "environment": {k: v.replace("$", "$$") for k, v in plane.environment().items()},
        "networks": ["island"],
    }
    path = tmp_path_factory.mktemp("compose") / "compose.json"  # JSON is YAML
    path.write_text(json.dumps({
        "version": "3.8",
        "services": {"worker": worker},
        "networks": {"island": {"external": True, "name": island.name}},
    }))  # fmt: skip
    return path


@pytest.fixture(scope="module")
def container(engine: docker.DockerClient, docker_services: Services) -> Container:
    (found,) = engine.containers.list(filters={"label": f"com.docker.compose.project={PROJECT}"})
    return found


pytestmark = pytest.mark.usefixtures("container")


def test_a_job_is_answered(plane: ControlPlane) -> None:
    plane.call("good", {"audio_base64": AUDIO})
    output = plane.answer("good")["output"]
    assert len(output["segments"]) >= 4
    assert output["model"]["verified"]


def test_many_jobs_are_all_answered(plane: ControlPlane) -> None:
    names = [f"many-{index}" for index in range(12)]
    for name in names:
        plane.call(name, {"audio": AUDIO})
    first = plane.answer(names[0])["output"]["segments"]
    assert all(plane.answer(name)["output"]["segments"] == first for name in names)


def test_bad_input_is_a_typed_error_and_the_worker_lives(plane: ControlPlane) -> None:
    for name, job in {"not-audio": {"audio": "aGVsbG8="}, "empty": {}, "none": None}.items():
        plane.call(name, job)
    codes = [plane.answer(name)["error"].partition(":")[0] for name in ("not-audio", "empty")]
    assert codes == ["decode_failed", "invalid_input"]
    plane.call("after", {"audio": AUDIO})
    assert "output" in plane.answer("after")


def test_a_caller_reaches_neither_the_control_plane_nor_the_network(
    plane: ControlPlane, island: Island
) -> None:
    for index, host in enumerate([island.address, "example.com", "169.254.169.254"]):
        plane.call(f"out-{index}", {"audio_url": f"https://{host}/a.wav"})
        assert plane.answer(f"out-{index}")["error"].startswith("fetch_failed: ")


def test_tini_is_the_first_process_and_nothing_runs_as_root(container: Container) -> None:
    listing = container.top(ps_args="-eo pid,uid,args")
    assert listing["Processes"][0][2].startswith("tini -- python3 -m services.vad.handler")
    assert {process[1] for process in listing["Processes"]} == {"54321"}


def test_its_log_has_a_line_per_job_no_warning_and_nothing_of_the_audio(
    plane: ControlPlane, container: Container
) -> None:
    job = plane.call("logged", {"audio": AUDIO})
    plane.answer("logged")
    log = container.logs().decode()
    assert f'"job": "{job}"' in log
    assert "WARN" not in log.upper()
    assert "segments" not in log
    assert AUDIO[:60] not in log
