"""``nox -s bench-emulator -- [speed|campaign] [--runs N] [--jobs N] [--workers N] [--seed N]``."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench.emulator import speed
from bench.emulator.campaign import campaign
from bench.report import publish


def main() -> int:
    """Do what is asked for; 0 if it went well."""
    parser = argparse.ArgumentParser(prog="nox -s bench-emulator --", description=__doc__)
    parser.add_argument("part", nargs="?", default="speed", choices=["speed", "campaign"])
    parser.add_argument("--runs", type=int, default=5, help="how often each thing is measured")
    parser.add_argument("--jobs", type=int, default=5000, help="of the campaign")
    parser.add_argument("--workers", type=int, default=4, help="of the campaign")
    parser.add_argument("--seed", type=int, default=1, help="of the campaign's faults")
    given = parser.parse_args()
    if given.part == "campaign":
        return int(not asyncio.run(campaign(given.jobs, given.workers, given.seed)))
    publish("emulator", speed.measure(given.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
