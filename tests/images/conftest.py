"""The image under test, really built, and the networks its containers are put in.

Without a container engine, or without a base image in it, all of these tests skip and say so.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import docker
import pytest
from docker.models.images import Image

from runpod_emulator import containers
from tests.registry import Registry, running
from tools.images.base import NAME
from tools.images.build import Built, build
from tools.images.engine import EngineError, command_line, connect, find_image
from tools.images.plan import Plan, trusted_ca
from tools.workspace import service_names


@pytest.fixture(scope="session")
def engine() -> docker.DockerClient:
    """This machine's container engine."""
    try:
        return connect()
    except EngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def base(engine: docker.DockerClient) -> Image:
    """The image to build upon: TEST_BASE_IMAGE, or the one that ``nox -s base`` makes."""
    name = os.environ.get("TEST_BASE_IMAGE") or NAME
    image = find_image(engine, name)
    if image is None:
        pytest.skip(f"there is no base image {name}: make it with `nox -s base`")
    return image


@pytest.fixture(scope="session")
def name(request: pytest.FixtureRequest) -> str:
    """The service under test: the VAD, or each in turn in modules that say ``EVERY_SERVICE``."""
    found: str = getattr(request, "param", "vad")
    return found


EVERY_SERVICE = pytest.mark.parametrize("name", service_names(), indirect=True, scope="session")


@pytest.fixture(scope="session")
def built(base: Image, name: str) -> Built:
    """The service, built with the tiny weights."""
    return build(Plan(name, base.tags[0], "tiny", trusted_ca()))


@pytest.fixture(scope="session")
def image(built: Built) -> Image:
    """The service's image with the tiny weights."""
    return built.image


@dataclass(frozen=True)
class Island:
    """A network that leads nowhere but to this machine.

    Attributes:
        name: what containers join.
        address: this machine, as seen from it.
    """

    name: str
    address: str


@pytest.fixture(scope="session")
def island(engine: docker.DockerClient) -> Iterator[Island]:
    """An internal network for workers and the control plane of the tests."""
    with containers.island() as (_, network):
        yield Island(str(network.name), containers.this_machine(network))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry for everybody."""
    with running(tmp_path_factory.mktemp("registry")) as found:
        yield found


@dataclass(frozen=True)
class Images:
    """Makes images of a few files."""

    engine: docker.DockerClient
    tags: list[str] = field(default_factory=list)

    def make(self, files: Mapping[str, bytes], *options: str) -> Image:
        """An image with a layer for each file, at its root, and nothing else."""
        steps = ["FROM scratch", *(f"COPY {name} /{name}" for name in files)]
        return self.build("\n".join(steps), files, *options)

    def build(self, steps: str, files: Mapping[str, bytes], *options: str) -> Image:
        """An image from a Dockerfile and the files it copies."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, data in {"Dockerfile": steps.encode(), **files}.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        self.tags.append(f"local/speech-tests:{uuid.uuid4().hex[:12]}")
        subprocess.run(
            [command_line(), "build", "--quiet", "--tag", self.tags[-1], *options, "-"],
            input=context.getvalue(), env={**os.environ, "DOCKER_BUILDKIT": "1"}, check=True,
        )  # fmt: skip
        return self.engine.images.get(self.tags[-1])


@pytest.fixture
def images(engine: docker.DockerClient) -> Iterator[Images]:
    """Small images, gone after the test."""
    made = Images(engine)
    yield made
    for tag in made.tags:
        if image := find_image(engine, tag):
            engine.images.remove(str(image.id), force=True)
