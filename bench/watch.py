"""Watches the ratios to the peers, not the seconds: ``nox -s watch``.

The quick benchmarks are run, on whatever machine this is, and each ratio is held against the least
that it may be. The limits leave room for the noise of one run: they find what has become slow,
not what is a little slower.
"""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.report import OUTPUT, Report


class Limit(NamedTuple):
    """The least that a ratio may be.

    Attributes:
        service: whose benchmark.
        part: of it.
        subject: the peer, as its rows call it; the ratio is to the first row of its group.
        least: in every group.
    """

    service: str
    part: str
    subject: str
    least: float


LIMITS = (
    Limit("vad", "cold", "the usual handler (modelscope pipeline)", 4.5),
    Limit("vad", "speed", "funasr.AutoModel", 2.0),
    Limit("vad", "speed", "silero-vad (ONNX)", 2.5),
    Limit("vad", "jobs", "the usual handler", 3.0),
    Limit("asr", "cold", "funasr.AutoModel, no handler", 3.5),
    Limit("asr", "speed", "funasr.AutoModel", 1.3),
    Limit("diarization", "speed", "modelscope", 3.5),
)


def main() -> int:
    """Run what is watched; 0 when every ratio is as it has to be."""
    for service, part in dict.fromkeys((limit.service, limit.part) for limit in LIMITS):
        command = [sys.executable, "-m", f"bench.{service}", part, "--quick"]
        subprocess.run(command, check=True)
    found = [(limit, smallest(limit, _report(limit))) for limit in LIMITS]
    table = Table("", "", "ratio", "at least", title="watched ratios", title_justify="left")
    for limit, ratio in found:
        colour = "red" if ratio < limit.least else "green"
        what = f"{limit.service}, {limit.part}"
        table.add_row(what, limit.subject, f"[{colour}]{ratio:.2f}", f"{limit.least:g}")
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    return any(ratio < limit.least for limit, ratio in found)


def smallest(limit: Limit, report: Report) -> float:
    """The smallest ratio of what is watched, over the groups of a report.

    Raises:
        LookupError: the report has no such row, which would otherwise never be found out.
    """
    found = [
        ratio
        for row, ratio in zip(report.rows, report.ratios(), strict=True)
        if row.subject == limit.subject
    ]
    if not found:
        raise LookupError(f"{limit.service}, {limit.part}: there is no {limit.subject!r}")
    return min(found)


def _report(limit: Limit) -> Report:
    return Report.read(OUTPUT / f"{limit.service}-{limit.part}.json")


if __name__ == "__main__":
    sys.exit(main())
