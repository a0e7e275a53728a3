"""The container engine of this machine: a command line that builds with BuildKit, and the SDK."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.images import Image

FIRST_WITHOUT_BUILDKIT = 23  # from this release on the client needs the buildx plug-in for it


class EngineError(Exception):
    """There is no engine to work with, or it refused; the message says what to do."""


def connect(silence_s: int = 60) -> docker.DockerClient:
    """The engine that DOCKER_HOST or the default socket leads to.

    Args:
        silence_s: how long it may say nothing while it works.

    Raises:
        EngineError: none answers.
    """
    try:
        return docker.from_env(timeout=silence_s)
    except DockerException:
        raise EngineError(
            "no container engine answers: install Docker and start it, or point DOCKER_HOST at one"
        ) from None


def command_line() -> str:
    """A ``docker`` on PATH that can build with BuildKit.

    A client from 23 on needs the plug-in buildx for that; older ones have it built in. Where
    several are installed the first that can is taken.

    Raises:
        EngineError: none can.
    """
    for path in _on_path("docker"):
        if _runs(path, "buildx", "version") or _major_version(path) < FIRST_WITHOUT_BUILDKIT:
            return path
    raise EngineError("no `docker` command that builds with BuildKit: install docker-buildx")


def find_image(client: docker.DockerClient, reference: str) -> Image | None:
    """The image of that name in the engine, or None.

    Raises:
        EngineError: it can be no image's name, or the engine fails.
    """
    try:
        return client.images.get(reference)
    except ImageNotFound:
        return None
    except APIError as error:
        raise EngineError(f"{reference}: {explanation(error)}") from None


def explanation(error: DockerException) -> str:
    """The engine's own words in one line."""
    return one_line(str(getattr(error, "explanation", None) or error))


def one_line(text: str) -> str:
    """Another program's words, without what URLs may tell: a password, a query."""
    words = re.sub(r"//[^/\s\"@]+@", "//", " ".join(text.split()))
    return re.sub(r"(//[^\s\"?]+)\?[^\s\"]*", r"\1", words)


def has_builders(path: str) -> bool:
    """Whether that ``docker build`` is buildx's, whose builders may keep images to themselves."""
    return _major_version(path) >= FIRST_WITHOUT_BUILDKIT and _runs(path, "buildx", "version")


def _on_path(name: str) -> Iterator[str]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if found := shutil.which(name, path=folder):
            yield str(Path(found))


def _runs(*command: str) -> bool:
    return not subprocess.run(command, capture_output=True, check=False).returncode


def _major_version(path: str) -> int:
    version = subprocess.run(
        [path, "version", "--format", "{{.Client.Version}}"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return int(version.partition(".")[0]) if version[:1].isdigit() else FIRST_WITHOUT_BUILDKIT
