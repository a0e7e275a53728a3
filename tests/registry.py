"""A real registry on this machine: Debian's docker-registry, for everybody or with a login."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "tester", "password-of-the-tests"
HTPASSWD = f"{USER}:$2b$04$gbj.wW8V4WGfL364F4j0DeVcL7bH6kqfB4EUeEeeLO7sFLn8SD7dW\n"
START_S = 30.0


@dataclass(frozen=True)
class Registry:
    """A registry that runs.

    Attributes:
        port: where it listens on the loopback address.
        data: the folder that holds what was pushed.
    """

    port: int
    data: Path

    @property
    def host(self) -> str:
        """What the names of its images begin with."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def running(folder: Path, access: dict[str, Any] | None = None) -> Iterator[Registry]:
    """A registry that keeps its data in a folder, while the context lasts.

    Args:
        folder: an empty one.
        access: the ``auth`` table of its configuration; None lets everybody in.
    """
    command = shutil.which("docker-registry")
    if command is None:
        pytest.skip("there is no registry: `apt-get install docker-registry`")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        registry = Registry(probe.getsockname()[1], folder / "data")
    configuration = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(registry.data)}},
        "http": {"addr": registry.host},
        **({"auth": access} if access else {}),
    }
    path = folder / "config.yml"
    path.write_text(json.dumps(configuration))  # JSON is YAML
    with (folder / "registry.log").open("w") as log:
        process = subprocess.Popen([command, "serve", str(path)], stdout=log, stderr=log)
    try:
        _await(registry.port)
        yield registry
    finally:
        process.kill()
        process.wait()


def with_a_password(folder: Path) -> dict[str, Any]:
    """Lets in who says USER and PASSWORD."""
    path = folder / "htpasswd"
    path.write_text(HTPASSWD)
    return {"htpasswd": {"realm": "tests", "path": str(path)}}


def _await(port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(port)
