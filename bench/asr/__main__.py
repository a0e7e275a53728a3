"""``nox -s bench-asr -- [memory|cold|speed|all] [--quick] [--runs N]``."""

from __future__ import annotations

from bench.asr import cold, memory, speed
from bench.command import main

if __name__ == "__main__":
    # memory before what takes memory in this process
    main("asr", {"memory": memory.measure, "cold": cold.measure, "speed": speed.measure})
