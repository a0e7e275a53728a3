"""Workers that never come to work: one that waits for capacity, one that could not be started."""

from __future__ import annotations

import asyncio
import signal

from runpod_emulator.containers import START_FAILED


class StandIn:
    """In a worker's place.

    Args:
        exit_code: what it has ended with; None for one that waits until it is told to leave.
    """

    def __init__(self, exit_code: int | None = None) -> None:
        self._exit_code = exit_code
        self._over = asyncio.Event()

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it waits."""
        return self._exit_code

    def send(self, _: signal.Signals) -> None:
        """Whatever it is told, it leaves."""
        self.kill()

    def kill(self) -> None:
        """End it."""
        self._exit_code = self._exit_code or 0
        self._over.set()

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        if self._exit_code is None:
            await self._over.wait()
        return self._exit_code or 0


def throttled() -> StandIn:
    """Waits for compute capacity, which does not come."""
    return StandIn()


def failed() -> StandIn:
    """There was nothing to start."""
    return StandIn(START_FAILED)
