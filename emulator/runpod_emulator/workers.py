"""What the emulator knows of workers: it starts them, signals them, and sees them end."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class CannotStart(Exception):
    """Workers cannot be started at all; the message says why."""


class Worker(Protocol):
    """A worker that was started: a process or a container."""

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; no more than that reaches what it started itself."""

    def kill(self) -> None:
        """End it, with all it started."""

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""


class Workers(Protocol):
    """What an endpoint's workers are, and how one is started."""

    def opened(self) -> AbstractContextManager[str]:
        """Prepare for workers, while the context lasts.

        Returns:
            The address of this machine as they see it, which the emulator has to listen on.

        Raises:
            CannotStart: there can be none.
        """

    def start(self, name: str, runpod: Mapping[str, str]) -> Worker:
        """Start one.

        Args:
            name: its id.
            runpod: what RunPod sets in its environment.

        Raises:
            CannotStart: there can be none.
        """
