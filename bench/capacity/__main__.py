"""``nox -s bench-capacity -- [speed|emulator] [--runs N] [--minutes N]``."""

from __future__ import annotations

import argparse

from bench.capacity import emulator, speed
from bench.report import publish


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="nox -s bench-capacity --", description=__doc__)
    parser.add_argument("part", nargs="?", default="speed", choices=["speed", "emulator"])
    parser.add_argument("--runs", type=int, default=3, help="of the speed")
    parser.add_argument("--minutes", type=float, default=4.0, help="of real time, for each run")
    given = parser.parse_args()
    if given.part == "speed":
        publish("capacity-speed", speed.measure(given.runs))
    else:
        publish("capacity-emulator", emulator.measure(given.minutes))


if __name__ == "__main__":
    main()
