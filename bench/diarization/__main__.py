"""``nox -s bench-diarization -- [speed|growth|all] [--quick] [--runs N]``."""

from __future__ import annotations

from bench.command import main
from bench.diarization import growth, speed

if __name__ == "__main__":
    main("diarization", {"speed": speed.measure, "growth": growth.measure})
