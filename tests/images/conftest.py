"""The image under test, really built, and the networks its containers are put in.

Without a container engine, or without a base image in it, all of these tests skip and say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

import docker
import pytest
from docker.models.images import Image
from docker.models.networks import Network

from tools.images.base import NAME
from tools.images.build import Built, build
from tools.images.engine import EngineError, connect, find_image
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


def this_machine(network: Network) -> str:
    """The address of this machine on a bridge network: the first there is."""
    return str(ip_network(network.attrs["IPAM"]["Config"][0]["Subnet"])[1])


@pytest.fixture(scope="session")
def island(engine: docker.DockerClient) -> Iterator[Island]:
    """An internal network for workers and the control plane of the tests."""
    network: Network = engine.networks.create("speech-tests", driver="bridge", internal=True)
    try:
        network.reload()
        yield Island(str(network.name), this_machine(network))
    finally:
        network.remove()
