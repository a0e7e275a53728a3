"""``nox -s bench-vad -- [PART|all] [--quick] [--runs N]``; ``PARTS`` are below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.command import main
from bench.report import Report
from bench.vad import bound, cold, fbank, growth, int8, jobs, memory, quality, speed
from bench.vad.setting import Setting

PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "evicted": partial(cold.measure, evicted=True),
    "speed": speed.measure,
    "memory": memory.measure,
    "growth": growth.measure,
    "jobs": jobs.measure,
    "quality": quality.measure,
    "fbank": fbank.measure,
    "int8": int8.measure,
    "bound": bound.measure,
}

if __name__ == "__main__":
    main("vad", PARTS)
