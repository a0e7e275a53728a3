"""``nox -s bench-vad -- [cold|speed|memory|fbank|size|container|all] [--quick] [--runs N]``."""

from __future__ import annotations

from collections.abc import Callable

from bench.command import main
from bench.report import Report
from bench.vad import cold, container, fbank, memory, size, speed
from bench.vad.setting import Setting

# fbank after memory: it alone takes memory in this process, which `memory` must not. Those that
# need a container engine are last.
PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "speed": speed.measure,
    "memory": memory.measure,
    "fbank": fbank.measure,
    "size": size.measure,
    "container": container.measure,
}

if __name__ == "__main__":
    main("vad", PARTS)
