"""Time: the real one, and one that tests move by hand."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the emulator asks for the time, and waits with."""

    def now(self) -> float:
        """Seconds since the epoch."""

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until the event is set, or so long; whether it was set."""


class RealClock:
    """The time of this machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until the event is set, or so long; whether it was set."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await event.wait()
        except TimeoutError:
            return False
        return True


class VirtualClock:
    """A time that stands still until it is moved: minutes of waiting pass in milliseconds.

    Args:
        start: the time it begins with.
    """

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        """Seconds since the epoch, as far as anybody here knows."""
        return self._now

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until the event is set, or the clock was moved so far; whether it was set."""
        due = asyncio.Event()
        sleeper = (self._now + max(0.0, seconds), due)
        self._sleepers.append(sleeper)
        waits = [asyncio.ensure_future(e.wait()) for e in (event, due)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._sleepers.remove(sleeper)
            for wait in waits:
                wait.cancel()
        return event.is_set()

    async def advance(self, seconds: float) -> None:
        """Move on, waking who waits for a time on the way, in order."""
        target = self._now + seconds
        await settle()
        while due := [at for at, _ in self._sleepers if at <= target]:
            self._now = max(self._now, min(due))
            for at, event in list(self._sleepers):
                if at <= self._now:
                    event.set()
            await settle()
        self._now = target


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(50):
        await asyncio.sleep(0)
