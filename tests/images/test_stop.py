"""Told to stop, a worker finishes what it has and leaves cleanly; also while it is starting."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
from docker.models.containers import Container
from docker.models.images import Image

from tests.control_plane import ControlPlane
from tests.images.conftest import EVERY_IMAGE, Island
from tests.images.container import JOB, TIMEOUT_S, job_for, spans, started
from tests.shared.scripted_server import Server, reply
from tools.workspace import SAMPLE


@contextmanager
def worker(
    engine: docker.DockerClient, image: Image, island: Island, **environment: str
) -> Iterator[tuple[ControlPlane, Container]]:
    """A worker that polls a control plane on this machine."""
    with ControlPlane(island.address) as plane:
        settings: dict[str, Any] = {
            "network_mode": None,
            "network": island.name,
            "environment": {**plane.environment(), **environment},
        }
        with started(engine, image, **settings) as container:
            yield plane, container


def stop(container: Container) -> int:
    """Send SIGTERM; returns the exit code."""
    container.kill("SIGTERM")
    return int(container.wait(timeout=TIMEOUT_S)["StatusCode"])


def test_idle_it_ends_at_once(engine: docker.DockerClient, image: Image, island: Island) -> None:
    with worker(engine, image, island) as (plane, container):
        plane.call("first", JOB["input"])
        assert "output" in plane.answer("first")
        assert stop(container) == 0


@pytest.fixture
def slow_audio(island: Island) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A URL whose second half comes when the last event is set; the first says it was asked for."""
    asked, go_on = threading.Event(), threading.Event()
    audio = reply(body=SAMPLE.read_bytes())

    def in_halves(connection: socket.socket) -> None:
        connection.sendall(audio[: len(audio) // 2])
        asked.set()
        go_on.wait(TIMEOUT_S)
        connection.sendall(audio[len(audio) // 2 :])

    with socket.create_server((island.address, 0)) as listener:
        server = Server(listener)
        threading.Thread(target=server.run, daemon=True).start()
        yield server.url(in_halves, host=island.address), asked, go_on


@EVERY_IMAGE
def test_the_job_in_flight_is_finished(
    engine: docker.DockerClient,
    image: Image,
    island: Island,
    slow_audio: tuple[str, threading.Event, threading.Event],
) -> None:
    url, asked, go_on = slow_audio
    local = {"SPEECH_ALLOW_HTTP": "1", "SPEECH_ALLOW_PRIVATE": "1"}
    with worker(engine, image, island, **local) as (plane, container):
        options = {key: value for key, value in job_for(image)["input"].items() if key == "task"}
        plane.call("slow", {**options, "audio_url": url})
        assert asked.wait(TIMEOUT_S)
        container.kill("SIGTERM")
        time.sleep(1)  # the worker has seen the signal and its job still waits
        go_on.set()
        assert spans(plane.answer("slow")["output"])
        assert container.wait(timeout=TIMEOUT_S)["StatusCode"] == 0


@pytest.mark.parametrize("after_s", [0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
def test_while_starting_it_ends_at_once_and_is_no_failure(
    engine: docker.DockerClient, image: Image, island: Island, after_s: float
) -> None:
    with worker(engine, image, island) as (_, container):
        time.sleep(after_s)
        assert stop(container) in {0, 143}  # 143: the interpreter itself was not up yet
        assert "Traceback" not in container.logs().decode()
