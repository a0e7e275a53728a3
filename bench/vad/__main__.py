"""``nox -s bench-vad -- [cold|speed|memory|jobs|fbank|container|all] [--quick] [--runs N]``."""

from __future__ import annotations

from collections.abc import Callable

from bench.command import main
from bench.report import Report
from bench.vad import cold, container, fbank, jobs, memory, speed
from bench.vad.setting import Setting

# fbank after memory: it alone takes memory in this process, which `memory` must not. What
# needs a container engine is last.
PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "speed": speed.measure,
    "memory": memory.measure,
    "jobs": jobs.measure,
    "fbank": fbank.measure,
    "container": container.measure,
}

if __name__ == "__main__":
    main("vad", PARTS)
