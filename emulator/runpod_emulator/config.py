"""Reads endpoints from a TOML file of the emulator's own format."""

from __future__ import annotations

import tomllib
from dataclasses import field
from pathlib import Path
from typing import IO, Any

from pydantic.dataclasses import dataclass

from runpod_emulator.containers import Containers
from runpod_emulator.parse import STRICT, parsed
from runpod_emulator.processes import Processes
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.workers import Workers


@dataclass(config=STRICT)
class _File:
    """The whole file: ``[endpoint.<id>]`` for each."""

    endpoint: dict[str, dict[str, Any]]


@dataclass(config=STRICT)
class _Workers:
    """Those fields of an endpoint's table that are about its workers."""

    command: list[str] = field(default_factory=list)
    image: str | None = None
    folder: Path = Path()
    environment: dict[str, str] = field(default_factory=dict)
    isolated: bool = True
    volumes: list[str] = field(default_factory=list)
    gpus: bool = False
    scaling: Scaling = field(default_factory=Scaling)


def read_endpoints(file: Path, log: IO[bytes] | int = 2) -> list[Endpoint]:
    """The endpoints a file describes.

    Args:
        file: TOML; folders in it are relative to it.
        log: where workers write.

    Raises:
        ValueError: it is not such a file; the message names the endpoint and the field.
    """
    content = parsed(_File, tomllib.loads(file.read_text(encoding="utf-8")))
    endpoints = []
    for name, table in content.endpoint.items():
        try:
            endpoints.append(_endpoint(name, table, file.parent, log))
        except ValueError as error:
            raise ValueError(f"endpoint.{name}: {error}") from None
    return endpoints


def _endpoint(name: str, table: dict[str, Any], folder: Path, log: IO[bytes] | int) -> Endpoint:
    fields = _Workers.__dataclass_fields__
    workers = parsed(_Workers, {key: table[key] for key in table if key in fields})
    rest = {key: table[key] for key in table if key not in fields}
    settings = parsed(EndpointSettings, {"id": name, **rest})
    return Endpoint(settings, _made(workers, folder, log), workers.scaling)


def _made(given: _Workers, folder: Path, log: IO[bytes] | int) -> Workers:
    if given.image is not None:
        return Containers(
            given.image,
            given.command or None,
            given.environment,
            given.isolated,
            tuple(given.volumes),
            given.gpus,
            log,
        )
    if not given.command:
        raise ValueError("it needs a command, or an image")
    return Processes(given.command, folder / given.folder, given.environment, log)
