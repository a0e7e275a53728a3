"""``nox -s bench-asr -- [memory|growth|cold|evicted|speed|all] [--quick] [--runs N]``."""

from __future__ import annotations

from functools import partial

from bench.asr import cold, growth, memory, speed
from bench.command import main

if __name__ == "__main__":
    main("asr", {
        "growth": growth.measure,
        "memory": memory.measure,
        "cold": cold.measure,
        "evicted": partial(cold.measure, evicted=True),
        "speed": speed.measure,
    })  # fmt: skip
