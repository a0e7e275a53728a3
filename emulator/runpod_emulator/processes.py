"""Workers as processes of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from runpod_emulator.workers import CannotStart

# The SDK's checks at start dial a public name server; its helpers refuse addresses on this machine.
DEFAULTS = {
    "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
    "RUNPOD_ALLOW_PRIVATE_DOWNLOAD_URLS": "true",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True, slots=True)
class Processes:
    """Workers that a command starts.

    Attributes:
        command: starts one.
        folder: where they run; here, if not given.
        environment: added to this process's own environment variables.
        log: where they write; this process's standard error, if not given.
    """

    command: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    log: IO[bytes] | int = 2

    @contextmanager
    def opened(self) -> Iterator[str]:
        """Processes see this machine as it sees itself."""
        path = {**os.environ, **self.environment}.get("PATH")
        program = (self.folder or Path()) / self.command[0]
        if shutil.which(self.command[0], path=path) is None and not os.access(program, os.X_OK):
            raise CannotStart(f"there is no program {self.command[0]}")
        yield "127.0.0.1"

    def start(self, _: str, runpod: Mapping[str, str]) -> WorkerProcess:
        """Start one, with what RunPod sets in its environment."""
        environment = {**self.environment, **runpod}
        folder = self.folder or Path.cwd()
        try:
            return WorkerProcess(self.command, environment, folder, self.log)
        except OSError as error:
            raise CannotStart(f"{self.command[0]} cannot be run: {error.strerror}") from None


class WorkerProcess:
    """One worker.

    Args:
        command: starts it.
        environment: added to this process's own environment variables.
        folder: where it runs.
        log: where it writes.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: IO[bytes] | int,
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**DEFAULTS, **os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it, with what it started: the SDK's pings come from a process of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        while self._process.poll() is None:
            await asyncio.sleep(0.02)
        self.kill()  # its children
        return self._process.returncode
