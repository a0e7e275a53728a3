"""``nox -s bench-vad -- [PART|all] [--quick] [--runs N]``; the parts are those below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.command import main
from bench.report import Report
from bench.vad import cold, container, fbank, jobs, memory, speed
from bench.vad.setting import Setting

# fbank after memory: it alone takes memory in this process, which `memory` must not. What
# needs a container engine is last.
PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "evicted": partial(cold.measure, evicted=True),
    "speed": speed.measure,
    "memory": memory.measure,
    "jobs": jobs.measure,
    "fbank": fbank.measure,
    "container": container.measure,
}

if __name__ == "__main__":
    main("vad", PARTS)
