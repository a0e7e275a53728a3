"""The numbers that estimates rest on, each with where it is from: ``figures.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        name: what it is of, dotted; its end is its unit.
        value: the number, or the lower end of a range.
        source: the command that shows it, or where it was found.
        measured: whether there is such a command; otherwise it is assumed.
        to: the upper end, if it is a range.
    """

    name: str
    value: float
    source: str
    measured: bool = False
    to: float | None = None


@dataclass
class Figures:
    """All of them.

    Attributes:
        as_of: when they were collected.
        known: by name.
        used: those that were asked for, in that order.
    """

    as_of: date
    known: Mapping[str, Figure]
    used: dict[str, Figure] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, float] | None = None) -> Figures:
        """Read the file.

        Args:
            given: values by name that somebody knows better.
        """
        table = tomllib.loads(FILE.read_text(encoding="utf-8"))
        as_of = table.pop("as_of")
        known = {figure.name: figure for figure in _figures(table, "")}
        known |= {name: Figure(name, value, "given") for name, value in (given or {}).items()}
        return cls(as_of, known)

    def of(self, *names: str) -> Figure:
        """A figure by its dotted name; the most special of those that are there.

        Args:
            names: ``("asr", "rtf", "AMPERE_16")`` is ``asr.rtf.AMPERE_16``, or else ``asr.rtf``.

        Raises:
            KeyError: there is none of that name.
        """
        for length in range(len(names), 0, -1):
            name = ".".join(names[:length])
            if name in self.known:
                return self.used.setdefault(name, self.known[name])
        raise KeyError(".".join(names))

    def value(self, *names: str) -> float:
        """Its value; see ``of``."""
        return self.of(*names).value


def _figures(table: dict[str, Any], name: str) -> Iterator[Figure]:
    if "value" in table:
        measured = table.get("measured")
        source = measured or table["assumed"]
        yield Figure(name, table["value"], source, measured is not None, table.get("to"))
    for key, below in table.items():
        if isinstance(below, dict):
            yield from _figures(below, f"{name}.{key}" if name else key)
