"""Workers as processes of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

# The SDK's checks at start dial a public name server; its helpers refuse addresses on this machine.
DEFAULTS = {
    "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
    "RUNPOD_ALLOW_PRIVATE_DOWNLOAD_URLS": "true",
    "PYTHONUNBUFFERED": "1",
}


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
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to leave."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

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
