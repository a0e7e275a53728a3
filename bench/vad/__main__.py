"""``nox -s bench-vad -- [PART|all] [--quick] [--runs N]``; ``PARTS`` are below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.command import main
from bench.report import Report
from bench.vad import cold, container, fbank, int8, jobs, memory, quality, speed
from bench.vad.setting import Setting

# quality, fbank and int8 after memory: they take memory in this process, which `memory` must not.
# What needs a container engine is last.
PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "evicted": partial(cold.measure, evicted=True),
    "speed": speed.measure,
    "memory": memory.measure,
    "jobs": jobs.measure,
    "quality": quality.measure,
    "fbank": fbank.measure,
    "int8": int8.measure,
    "container": container.measure,
}

if __name__ == "__main__":
    main("vad", PARTS)
