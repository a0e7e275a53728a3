"""``python -m bench.emulator campaign``, in the project's environment."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench.emulator.campaign import campaign


def main() -> int:
    """Run what is asked for; 0 if it went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.emulator", description=__doc__)
    parser.add_argument("what", choices=["campaign"])
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return int(not asyncio.run(campaign(given.jobs, given.workers, given.seed)))


if __name__ == "__main__":
    sys.exit(main())
