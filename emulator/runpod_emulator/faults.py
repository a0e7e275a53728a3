"""Faults on demand: what goes wrong on the wire, and when; always the same for a seed."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic.dataclasses import dataclass as settings

from runpod_emulator.parse import STRICT, parsed

ROUTES = (
    "job-take", "job-take-batch", "job-stop", "job-done", "job-stream", "ping",
    "run", "runsync", "status", "stream", "cancel", "retry", "purge-queue", "health",
    "list-endpoints", "create-endpoint", "read-endpoint", "update-endpoint", "delete-endpoint",
    "list-workers", "list-releases", "read-logs",
)  # fmt: skip
PROGRESS = "progress"  # a report of progress, which the SDK sends to job-done
SENT = ("job-done", PROGRESS, "job-stream", "ping")
BODIES = ("run", "runsync", "job-done", PROGRESS, "job-stream")
WORKER = "worker"  # a worker that was handed a job


@settings(config=STRICT, frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        on: where: a route, such as ``job-done``; ``*`` for all of them; ``progress`` for reports of
            progress; ``worker`` for workers that were handed a job.
        status: answered instead, without the request being handled.
        drop: the connection ends without an answer: ``before`` the request is handled, or
            ``after`` it, so that it took effect and nobody knows.
        delay_s: waited before the request is handled, or before the worker gets its signal.
        repeat: the request is handled twice, as when a sender tries again without need.
        late_s: answered at once and handled so much later: others overtake it.
        oversized: handled as if its body were longer than it may be.
        signal: what a worker gets: ``KILL``, or ``TERM`` as when RunPod lets it go.
        chance: how likely it is, for each request or each job handed out.
        nth: instead of by chance, on these, counted from 1 since the fault was there.
        limit: how often it happens at the most.
    """

    on: str
    status: int | None = None
    drop: Literal["before", "after"] | None = None
    delay_s: float = 0.0
    repeat: bool = False
    late_s: float = 0.0
    oversized: bool = False
    signal: Literal["KILL", "TERM"] | None = None
    chance: float = 1.0
    nth: tuple[int, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could never happen.

        Raises:
            ValueError: the place is unknown, nothing is to go wrong, or it cannot there.
        """
        places = ("*", *ROUTES, PROGRESS, WORKER)
        if self.on not in places:
            raise ValueError(f"no route {self.on}; there are {', '.join(places)}")
        on_the_wire = self.status or self.drop or self.repeat or self.late_s or self.oversized
        if self.on == WORKER and (not self.signal or on_the_wire):
            raise ValueError("a fault on worker has a signal, and delay_s if it is to wait")
        if self.on != WORKER and (self.signal or not (on_the_wire or self.delay_s)):
            raise ValueError(
                "a fault on a route has status, drop, delay_s, repeat, late_s or oversized"
            )
        if (self.late_s and self.on not in SENT) or (self.oversized and self.on not in BODIES):
            raise ValueError("late_s is for what workers send, oversized for what has a body")
        if self.status is not None and not 200 <= self.status < 600:
            raise ValueError("status is a number from 200 to 599")
        if min(self.delay_s, self.late_s) < 0 or not 0 <= self.chance <= 1:
            raise ValueError("a fault has times of 0 or more, and a chance from 0 to 1")


@dataclass
class Schedule:
    """Faults, and the dice they are decided by.

    Attributes:
        seed: of the dice: the same requests in the same order meet the same faults.
        faults: the first that applies happens.
        happened: what happened so far: the place and its fault.
    """

    seed: int = 0
    faults: list[Fault] = field(default_factory=list)
    happened: list[tuple[str, Fault]] = field(default_factory=list)
    _seen: Counter[int] = field(default_factory=Counter)
    _used: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Throw the dice from the seed on."""
        self._dice = random.Random(self.seed)  # noqa: S311 - to be repeated, not to be secret

    @classmethod
    def read(cls, path: Path) -> Schedule:
        """Read a TOML file: ``seed``, and a ``[[fault]]`` table for each.

        Raises:
            ValueError: it is not such a file.
        """
        content = parsed(_File, tomllib.loads(path.read_text(encoding="utf-8")))
        return cls(content.seed, content.fault)

    def clear(self) -> None:
        """No more of them; the dice go on."""
        self.faults.clear()
        self._seen.clear()
        self._used.clear()

    def next(self, place: str) -> Fault | None:
        """What goes wrong with this request, or this job; None if nothing does."""
        found = None
        for index, fault in enumerate(self.faults):
            if fault.on != place and (fault.on != "*" or place == WORKER):
                continue
            self._seen[index] += 1
            if found is None and self._used[index] != fault.limit and self._happens(index, fault):
                self._used[index] += 1
                found = fault
        if found:
            self.happened.append((place, found))
        return found

    def _happens(self, index: int, fault: Fault) -> bool:
        if fault.nth:
            return self._seen[index] in fault.nth
        return self._dice.random() < fault.chance


@settings(config=STRICT)
class _File:
    seed: int = 0
    fault: list[Fault] = field(default_factory=list)


def parse(table: object) -> Fault:
    """A fault from JSON or TOML.

    Raises:
        ValueError: it is not one.
    """
    return parsed(Fault, table)
