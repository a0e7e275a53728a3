"""How often callers may ask: RunPod's limits per endpoint and operation, with no clock of its own.

Source: RunPod's page on endpoint operations. What it says of limits that grow with the workers is
not precise enough to copy; these are the ones every endpoint has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

WINDOW_S = 10.0


@dataclass(frozen=True, slots=True)
class Rate:
    """One limit.

    Attributes:
        requests: at most so many in ten seconds.
        concurrent: at most so many at a time; None for any number.
    """

    requests: int
    concurrent: int | None = None


RATES: Mapping[str, Rate] = {
    "run": Rate(1000, 200),
    "runsync": Rate(2000, 400),
    "status": Rate(2000, 400),
    "stream": Rate(2000, 400),
    "cancel": Rate(100, 20),
    "purge-queue": Rate(2),
}


@dataclass
class Meter:
    """What one endpoint has been asked lately.

    Attributes:
        rates: the limits, by operation; none for an operation that is not there.
    """

    rates: Mapping[str, Rate] = field(default_factory=lambda: RATES)
    _times: dict[str, deque[float]] = field(default_factory=dict)
    _current: dict[str, int] = field(default_factory=dict)

    def enter(self, operation: str, now: float) -> bool:
        """Whether one more request is within the limits; if so, it counts until it leaves."""
        rate = self.rates.get(operation)
        if rate is None:
            return True
        times = self._times.setdefault(operation, deque())
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        current = self._current.get(operation, 0)
        if len(times) >= rate.requests or current == rate.concurrent:
            return False
        times.append(now)
        self._current[operation] = current + 1
        return True

    def leave(self, operation: str) -> None:
        """A request that had entered has been answered."""
        if operation in self._current:
            self._current[operation] -= 1
