"""``nox -s bench-bundle -- [cold|speed|size|all] [--quick] [--runs N]``."""

from __future__ import annotations

from bench.bundle import cold, size, speed
from bench.command import main

if __name__ == "__main__":
    main("bundle", {"cold": cold.measure, "speed": speed.measure, "size": size.measure})
