"""The emulator starts workers as containers, and ends them, as RunPod does."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def ours(engine: docker.DockerClient, *, every: bool = False) -> list[str]:
    """The emulator's containers."""
    found = engine.containers.list(all=every, filters={"name": "runpod-emulator-"})
    return [str(container.name) for container in found]


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_container_is_started_for_a_job_and_let_go_when_idle(
    runpod_endpoint: MakeEndpoint, engine: docker.DockerClient, image: Image
) -> None:
    scaling = Scaling(workers_max=1, idle_timeout_s=1.0)
    endpoint = runpod_endpoint(Containers(image.tags[0]), scaling=scaling)
    assert ours(engine) == []
    found = endpoint.run(JOB["input"])
    assert found["output"]["segments"]
    assert found["workerId"].startswith("test-w1-")
    until(lambda: endpoint.exit_codes() == [0])
    assert ours(engine, every=True) == []


def test_the_job_of_a_container_that_is_killed_is_done_by_the_next(
    runpod_endpoint: MakeEndpoint, image: Image
) -> None:
    faults = [Fault("worker", signal="KILL", nth=(1,))]
    found = runpod_endpoint(Containers(image.tags[0]), faults=faults).run(JOB["input"], 120)
    assert (found["status"], found["retries"]) == ("COMPLETED", 1)
    assert found["workerId"].startswith("test-w2-")


def test_nothing_is_left_behind(engine: docker.DockerClient, image: Image) -> None:
    with Emulated(Containers(image.tags[0]), scaling=Scaling(1, 1)):
        until(lambda: len(ours(engine)) == 1)
        assert engine.networks.list(filters={"name": "runpod-emulator-"})
    assert ours(engine, every=True) == []
    assert not engine.networks.list(filters={"name": "runpod-emulator-"})


def test_an_image_that_is_not_there_is_named(engine: docker.DockerClient) -> None:
    with (
        pytest.raises(CannotStart, match="no image nobody/nothing:1"),
        Emulated(Containers("nobody/nothing:1")),
    ):
        pass
