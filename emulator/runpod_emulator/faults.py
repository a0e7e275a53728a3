"""Faults on demand: what goes wrong on the wire, and when; always the same for a seed."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ROUTES = (
    "job-take", "job-take-batch", "job-stop", "job-done", "job-stream", "ping",
    "run", "runsync", "status", "stream", "cancel", "retry", "purge-queue", "health",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        on: the route it happens on, such as ``job-done``; ``*`` for all of them.
        status: answered instead, without the request being handled.
        drop: the connection ends without an answer: ``before`` the request is handled, or
            ``after`` it, so that it took effect and nobody knows.
        delay_s: waited before the request is handled.
        repeat: the request is handled twice, as when a sender tries again without need.
        chance: how likely it is, for each request.
        nth: instead of by chance, on these requests of that route, counted from 1.
        limit: how often it happens at the most.
    """

    on: str
    status: int | None = None
    drop: Literal["before", "after"] | None = None
    delay_s: float = 0.0
    repeat: bool = False
    chance: float = 1.0
    nth: tuple[int, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could never happen.

        Raises:
            ValueError: the route is unknown, or nothing is to go wrong.
        """
        if self.on != "*" and self.on not in ROUTES:
            raise ValueError(f"no route {self.on}; there are {', '.join(ROUTES)}")
        if not (self.status or self.drop or self.delay_s or self.repeat):
            raise ValueError("a fault needs status, drop, delay_s or repeat")
        if not 0 <= self.chance <= 1:
            raise ValueError("chance is a number from 0 to 1")


@dataclass
class Schedule:
    """Faults, and the dice they are decided by.

    Attributes:
        seed: of the dice: the same requests in the same order meet the same faults.
        faults: the first that applies happens.
        happened: what happened so far: the route and its fault.
    """

    seed: int = 0
    faults: list[Fault] = field(default_factory=list)
    happened: list[tuple[str, Fault]] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _used: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Throw the dice from the seed on."""
        self._dice = random.Random(self.seed)  # noqa: S311 - to be repeated, not to be secret

    @classmethod
    def read(cls, path: Path) -> Schedule:
        """Read a TOML file: ``seed``, and a ``[[fault]]`` table for each.

        Raises:
            ValueError: it is not such a file.
        """
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(content.get("seed", 0), [parse(table) for table in content.get("fault", [])])

    def next(self, route: str) -> Fault | None:
        """What goes wrong with this request; None if nothing does."""
        count = self._seen[route] = self._seen.get(route, 0) + 1
        for index, fault in enumerate(self.faults):
            if fault.on not in {"*", route} or self._used.get(index, 0) == fault.limit:
                continue
            if count in fault.nth if fault.nth else self._dice.random() < fault.chance:
                self._used[index] = self._used.get(index, 0) + 1
                self.happened.append((route, fault))
                return fault
        return None


def parse(table: object) -> Fault:
    """A fault from JSON or TOML.

    Raises:
        ValueError: it is not one.
    """
    if not isinstance(table, dict):
        raise ValueError("a fault is an object")
    fields: dict[str, Any] = {**table}
    if "nth" in fields:
        fields["nth"] = tuple(fields["nth"])
    try:
        return Fault(**fields)
    except TypeError as error:
        raise ValueError(f"not a fault: {error}") from None
