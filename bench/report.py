"""What was measured, as a table to read and as JSON to keep."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal, Self

from rich.console import Console
from rich.table import Table

from bench.machine import Machine
from tools.workspace import ROOT

OUTPUT = ROOT / "out" / "bench"

_RATIO = "ratio: this median divided by the median of the first row of its group"

Unit = Literal["s", "ms", "MB", "F1"]


@dataclass(frozen=True, slots=True)
class Row:
    """The measurements of one thing.

    Args:
        group: rows of one group are compared, all of them with the group's first.
        subject: what was measured.
        values: one per run.
        unit: of the values.
        note: what else there is to say of it.
    """

    group: str
    subject: str
    values: list[float]
    unit: Unit
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the values."""
        return median(self.values)

    @property
    def spread(self) -> str:
        """Smallest and largest value."""
        return f"{figures(min(self.values))} - {figures(max(self.values))}"


@dataclass(frozen=True, slots=True)
class Curves:
    """Quantities at growing sizes, of several things.

    Attributes:
        title: says what is shown, and in which unit.
        labels: how each size is called.
        sizes: positive and growing, two at least.
        lines: by what they are of; one value per size.
    """

    title: str
    labels: list[str]
    sizes: list[float]
    lines: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Report:
    """One part of a benchmark.

    Args:
        title: what was asked.
        rows: in order, those of a group together; all with as many values.
        remarks: what holds for all of them: how it was measured, on what, with which versions.
        curves: the same numbers as they are best drawn, if not as bars.
        machine: what it was measured on.
    """

    title: str
    rows: list[Row]
    remarks: list[str]
    curves: list[Curves] = field(default_factory=list)
    machine: Machine = field(default_factory=Machine.this)

    @classmethod
    def read(cls, path: Path) -> Self:
        """A report as ``publish`` wrote it."""
        document = json.loads(path.read_text(encoding="utf-8"))
        for row in document["rows"]:
            del row["ratio"]
        return cls(
            document["title"],
            [Row(**row) for row in document["rows"]],
            document["remarks"],
            [Curves(**curves) for curves in document.get("curves", [])],
            Machine(**document["machine"]),
        )

    def ratios(self) -> list[float]:
        """Each row's median in units of its group's first."""
        first: dict[str, float] = {}
        return [row.median / first.setdefault(row.group, row.median) for row in self.rows]

    def table(self) -> Table:
        """Medians, spreads and ratios."""
        caption = "\n".join([_RATIO, *self.remarks, str(self.machine)])
        table = Table(title=self.title, caption=caption, title_justify="left")
        table.caption_justify = "left"
        runs = len(self.rows[0].values)
        middle = f"median of {runs}" if runs > 1 else "one run"
        for heading in ("", "", middle, "min - max", "ratio", ""):
            numbers = bool(heading)
            table.add_column(heading, justify="right" if numbers else "left", no_wrap=numbers)
        group = None
        for row, ratio in zip(self.rows, self.ratios(), strict=True):
            first, group = row.group != group, row.group
            if first:
                table.add_section()
            value = f"{figures(row.median)} {row.unit}"
            name = row.group if first else ""
            table.add_row(name, row.subject, value, row.spread, f"{ratio:.2f}", row.note)
        return table

    def publish(self, path: Path, console: Console) -> None:
        """Print the table, and write all numbers to ``path`` as JSON."""
        console.print(self.table())
        document = asdict(self)
        for row, ratio in zip(document["rows"], self.ratios(), strict=True):
            row["ratio"] = ratio
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def publish(name: str, report: Report) -> None:
    """Print a report, and keep its numbers as ``out/bench/<name>.json``."""
    # As wide as the table is where no terminal says how wide it may be: in files and CI logs.
    console = Console(width=None if sys.stdout.isatty() else 140)
    path = OUTPUT / f"{name}.json"
    report.publish(path, console)
    console.print(f"raw numbers: {path.relative_to(ROOT)}\n")


def length(seconds: int) -> str:
    """A length of audio as one says it."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds} s"


def figures(value: float) -> str:
    """Three significant figures, never in scientific notation."""
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"
