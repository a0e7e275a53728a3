"""Workers as containers, on a network that leads nowhere but to the emulator."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import IO, Any, Self

import docker
from docker.errors import DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.models.networks import Network

from runpod_emulator.processes import DEFAULTS
from runpod_emulator.workers import CannotStart

START_FAILED = 125  # what `docker run` ends with when there was no container to run


@dataclass
class Containers:
    """Workers that an image starts.

    Attributes:
        image: the image.
        command: in place of the image's own.
        environment: added to the image's own environment variables.
        isolated: whether they reach the emulator and nothing else.
        volumes: folders or volumes to mount, as in ``docker run --volume``.
        gpus: whether they are given this machine's GPUs.
        log: where they write; this process's standard error, if not given.
        pull: whether a worker first pulls its image where the engine has none of that name.
    """

    image: str
    command: Sequence[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    isolated: bool = True
    volumes: Sequence[str] = ()
    gpus: bool = False
    log: IO[bytes] | int = 2
    pull: bool = False

    @contextmanager
    def opened(self) -> Iterator[str]:
        """Make the network; its first address is this machine's."""
        with island(isolated=self.isolated) as (engine, network):
            try:
                engine.images.get(self.image)
            except ImageNotFound:
                raise CannotStart(f"the container engine has no image {self.image}") from None
            self.join(engine, network)
            yield this_machine(network)

    def start(self, name: str, runpod: Mapping[str, str]) -> WorkerContainer:
        """Start one, with what RunPod sets in its environment."""
        options: dict[str, Any] = {
            "image": self.image,
            "name": f"{self._network.name}-{name}",
            "hostname": name,
            "network": self._network.name,
            "environment": {**DEFAULTS, **self.environment, **runpod},
            "volumes": list(self.volumes),
        }
        if self.command is not None:
            options["command"] = list(self.command)
        if self.gpus:
            everything = docker.types.DeviceRequest(count=-1, capabilities=[["gpu"]])
            options["device_requests"] = [everything]
        return WorkerContainer(self._engine, options, self.log, pull=self.pull)

    def join(self, engine: docker.DockerClient, network: Network) -> Self:
        """Be on a network that somebody else made, as long as it is there."""
        self._engine, self._network = engine, network
        return self


@contextmanager
def island(*, isolated: bool = True) -> Iterator[tuple[docker.DockerClient, Network]]:
    """A network for workers, while the context lasts.

    Raises:
        CannotStart: no container engine answers.
    """
    try:
        engine = docker.from_env()
    except (DockerException, OSError):
        raise CannotStart("no container engine answers") from None
    name = f"runpod-emulator-{uuid.uuid4().hex[:8]}"
    network = engine.networks.create(name, driver="bridge", internal=isolated)
    try:
        network.reload()
        yield engine, network
    finally:
        network.remove()
        engine.close()


class WorkerContainer:
    """One worker. The engine is spoken to in a thread: it may take its time.

    Args:
        engine: what runs it.
        options: of the container, as the engine's library takes them.
        log: where it writes.
        pull: whether it pulls its image if there is none.
    """

    def __init__(
        self,
        engine: docker.DockerClient,
        options: dict[str, Any],
        log: IO[bytes] | int,
        *,
        pull: bool = False,
    ) -> None:
        self._engine, self._options, self._log, self._pull = engine, options, log, pull
        self._container: Container | None = None
        self._unsent: list[str] = []  # signals that came before there was anything to send them to
        self._lock = threading.Lock()
        self._exit_code: int | None = None
        threading.Thread(target=self._live, name=options["name"], daemon=True).start()

    @property
    def container(self) -> Container | None:
        """The container, once it runs."""
        return self._container

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._exit_code

    def send(self, number: signal.Signals) -> None:
        """Send its first process a signal."""
        threading.Thread(target=self._send, args=[number.name], daemon=True).start()

    def kill(self) -> None:
        """End all of it."""
        self.send(signal.SIGKILL)

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        while self._exit_code is None:
            await asyncio.sleep(0.02)
        return self._exit_code

    def _live(self) -> None:
        code = START_FAILED
        try:
            if self._pull:
                self._fetch(self._options["image"])
            container = self._engine.containers.create(**self._options)
            try:
                container.start()
                with self._lock:
                    self._container = container
                    for name in self._unsent:
                        _signal(container, name)
                for part in container.logs(stream=True, follow=True):
                    self._write(part)
                code = int(container.wait()["StatusCode"])
            finally:
                with suppress(NotFound):
                    container.remove(force=True)
        except (DockerException, OSError) as error:
            self._write(f"the container engine: {error}\n".encode())
        finally:
            self._exit_code = code

    def _send(self, name: str) -> None:
        with self._lock:
            if self._container is None:
                self._unsent.append(name)
            else:
                _signal(self._container, name)

    def _fetch(self, image: str) -> None:
        try:
            self._engine.images.get(image)
        except ImageNotFound:
            self._write(f"pulling {image}\n".encode())
            self._engine.images.pull(image)

    def _write(self, part: bytes) -> None:
        os.write(self._log if isinstance(self._log, int) else self._log.fileno(), part)


def _signal(container: Container, name: str) -> None:
    with suppress(DockerException, OSError):  # it has ended
        container.kill(name)


def this_machine(network: Network) -> str:
    """The address of this machine on a bridge network: the first there is."""
    return str(ip_network(network.attrs["IPAM"]["Config"][0]["Subnet"])[1])
