"""``nox -s bench-diarization -- [cold|evicted|speed|growth|all] [--quick] [--runs N]``."""

from __future__ import annotations

from functools import partial

from bench.command import main
from bench.diarization import cold, growth, speed

if __name__ == "__main__":
    main("diarization", {
        "cold": cold.measure,
        "evicted": partial(cold.measure, evicted=True),
        "speed": speed.measure,
        "growth": growth.measure,
    })  # fmt: skip
