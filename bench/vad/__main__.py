"""``nox -s bench-vad -- [PART|all] [--quick] [--runs N]``; ``PARTS`` are below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.command import later, main
from bench.report import Report
from bench.vad import cold
from bench.vad.setting import Setting

PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "evicted": partial(cold.measure, evicted=True),
    **{
        name: later(f"bench.vad.{name}")
        for name in ("speed", "memory", "growth", "jobs", "quality", "fbank", "int8", "bound")
    },
}

if __name__ == "__main__":
    main("vad", PARTS)
