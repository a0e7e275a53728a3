"""``nox -s bench-asr -- [memory|cold|evicted|speed|all] [--quick] [--runs N]``."""

from __future__ import annotations

from functools import partial

from bench.asr import cold, memory, speed
from bench.command import main

if __name__ == "__main__":
    # memory before what takes memory in this process
    main("asr", {
        "memory": memory.measure,
        "cold": cold.measure,
        "evicted": partial(cold.measure, evicted=True),
        "speed": speed.measure,
    })  # fmt: skip
