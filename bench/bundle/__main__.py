"""``nox -s bench-bundle -- [cold|speed|together|size|all] [--quick] [--runs N]``."""

from __future__ import annotations

from bench.bundle import cold, size, speed, together
from bench.command import main

if __name__ == "__main__":
    parts = {
        "cold": cold.measure,
        "speed": speed.measure,
        "together": together.measure,
        "size": size.measure,
    }
    main("bundle", parts)
