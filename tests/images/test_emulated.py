"""The emulator starts workers as containers, and ends them, as RunPod does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import docker
import pytest
from docker.models.images import Image

from runpod_emulator.containers import Containers
from runpod_emulator.faults import Fault
from runpod_emulator.pytest_plugin import MakeEndpoint, runpod_endpoint
from runpod_emulator.scaling import Scaling
from runpod_emulator.testing import Emulated
from runpod_emulator.workers import CannotStart
from tests.images.container import JOB

__all__ = ["runpod_endpoint"]


def emulated(engine: docker.DockerClient, *, running: bool = False) -> set[str]:
    """The containers and networks of every emulator on this machine."""
    name = {"name": "runpod-emulator-"}
    found = (
        engine.containers.list(all=not running, filters=name),
        engine.networks.list(filters=name),
    )
    return {str(thing.name) for things in found for thing in things}


@dataclass(frozen=True)
class Added:
    """What emulators have added since the test began; others may be at work beside it."""

    engine: docker.DockerClient
    before: set[str]

    def __call__(self, *, running: bool = False) -> list[str]:
        return sorted(emulated(self.engine, running=running) - self.before)


@pytest.fixture
def added(engine: docker.DockerClient) -> Added:
    return Added(engine, emulated(engine))


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_container_is_started_for_a_job_and_let_go_when_idle(
    runpod_endpoint: MakeEndpoint, added: Added, image: Image
) -> None:
    scaling = Scaling(workers_max=1, idle_timeout_s=1.0)
    endpoint = runpod_endpoint(Containers(image.tags[0]), scaling=scaling)
    assert len(added(running=True)) == 1  # its network
    found = endpoint.run(JOB["input"])
    assert found["output"]["segments"]
    assert found["workerId"].startswith("test-w1-")
    until(lambda: endpoint.exit_codes() == [0])
    assert len(added()) == 1


def test_the_job_of_a_container_that_is_killed_is_done_by_the_next(
    runpod_endpoint: MakeEndpoint, image: Image
) -> None:
    faults = [Fault("worker", signal="KILL", nth=(1,))]
    found = runpod_endpoint(Containers(image.tags[0]), faults=faults).run(JOB["input"], 120)
    assert (found["status"], found["retries"]) == ("COMPLETED", 1)
    assert found["workerId"].startswith("test-w2-")


def test_nothing_is_left_behind(added: Added, image: Image) -> None:
    with Emulated(Containers(image.tags[0]), scaling=Scaling(1, 1)):
        until(lambda: len(added(running=True)) == 2)  # a network, and a worker
    assert added() == []


def test_an_image_that_is_not_there_is_named(engine: docker.DockerClient) -> None:
    with (
        pytest.raises(CannotStart, match="no image nobody/nothing:1"),
        Emulated(Containers("nobody/nothing:1")),
    ):
        pass
