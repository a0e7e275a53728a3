"""Has a worker's Python spawn processes, without a change to the worker."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import docker

from runpod_emulator.containers import Containers
from runpod_emulator.processes import Processes

MARK = "runpod-emulator: processes are spawned"  # which spawned/sitecustomize.py writes
FOLDER = Path(__file__).with_name("spawned")
IN_CONTAINERS = "/runpod-emulator-spawned"


def spawning(workers: Processes | Containers) -> Processes | Containers:
    """The same workers, whose processes are spawned and not forked."""
    if isinstance(workers, Processes):
        path = _before({**os.environ, **workers.environment}.get("PYTHONPATH"), str(FOLDER))
        return replace(workers, environment={**workers.environment, "PYTHONPATH": path})
    environment = {**_environment_of(workers.image), **workers.environment}
    path = _before(environment.get("PYTHONPATH"), IN_CONTAINERS)
    return replace(
        workers,
        environment={**workers.environment, "PYTHONPATH": path},
        volumes=[*workers.volumes, f"{FOLDER}:{IN_CONTAINERS}:ro"],
    )


def _before(path: str | None, folder: str) -> str:
    return f"{folder}:{path}" if path else folder


def _environment_of(image: str) -> dict[str, str]:
    engine = docker.from_env()
    try:
        variables = engine.images.get(image).attrs["Config"].get("Env") or []
    finally:
        engine.close()
    return {name: value for name, _, value in (variable.partition("=") for variable in variables)}
