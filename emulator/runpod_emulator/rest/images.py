"""How the account's workers are started from the name of an image."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import IO, Protocol

from runpod_emulator.containers import Containers, island, this_machine
from runpod_emulator.processes import Processes
from runpod_emulator.rest.configuration import Configuration
from runpod_emulator.workers import CannotStart, Worker


class Images(Protocol):
    """Where images come from, and what runs them."""

    def opened(self) -> AbstractContextManager[str]:
        """Prepare, while the context lasts; gives this machine's address as workers see it."""

    def start(
        self, config: Configuration, name: str, runpod: Mapping[str, str], log: IO[bytes]
    ) -> Worker:
        """Start a worker.

        Args:
            config: of its endpoint.
            name: its id.
            runpod: what RunPod sets in its environment.
            log: where it writes.

        Raises:
            CannotStart: there is no such image.
        """


@dataclass
class Pulled:
    """Images of registries, as containers of this machine's engine.

    Attributes:
        isolated: whether they reach the emulator and nothing else.
        gpus: whether they are given this machine's GPUs.
    """

    isolated: bool = True
    gpus: bool = False

    @contextmanager
    def opened(self) -> Iterator[str]:
        """Make the network for all of them."""
        with island(isolated=self.isolated) as (self._engine, self._network):
            yield this_machine(self._network)

    def start(
        self, config: Configuration, name: str, runpod: Mapping[str, str], log: IO[bytes]
    ) -> Worker:
        """Start a container; it pulls its image first, if need be."""
        command = shlex.split(config["args"]) or None
        containers = Containers(
            config["image"], command, config["env"], gpus=self.gpus, log=log, pull=True
        )
        return containers.join(self._engine, self._network).start(name, runpod)


@dataclass
class Programs:
    """Commands that stand for images, where no container engine is needed.

    Attributes:
        commands: for each image's name what starts a worker.
    """

    commands: dict[str, Sequence[str]] = field(default_factory=dict)

    @contextmanager
    def opened(self) -> Iterator[str]:
        """Processes see this machine as it sees itself."""
        yield "127.0.0.1"

    def start(
        self, config: Configuration, name: str, runpod: Mapping[str, str], log: IO[bytes]
    ) -> Worker:
        """Start a process."""
        if config["image"] not in self.commands:
            raise CannotStart(f"there is no image {config['image']}")
        command = [*self.commands[config["image"]], *shlex.split(config["args"])]
        return Processes(command, environment=config["env"], log=log).start(name, runpod)
