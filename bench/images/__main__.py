"""How images are built and pushed: ``nox -s bench-images -- [--base IMAGE] [--cold]``."""

from __future__ import annotations

import argparse
import sys

from bench.images.change import after_a_change, anew
from bench.report import Report, Row, publish
from tools.images.engine import EngineError
from tools.images.plan import Plan, default_base, trusted_ca

RUNS = 3


def main() -> int:
    """Build again and again, and compare; 0 when all was built."""
    parser = argparse.ArgumentParser(prog="nox -s bench-images --", description=__doc__)
    parser.add_argument("--base", metavar="IMAGE", help="the base, if not the Dockerfile's")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="changes of a line")
    parser.add_argument("--cold", action="store_true", help="also build once, every step anew")
    given = parser.parse_args()
    plan = Plan("vad", given.base or default_base("vad"), "tiny", trusted_ca())
    try:
        if given.cold:
            rows = [Row("built", name, [work()], "s") for name, work in anew(plan).items()]
            remarks = ["every step anew; ours has the packages from pip's cache, theirs keeps none"]
            publish("images-cold", Report("images: built at first", rows, remarks))
        took, sent = after_a_change(plan, given.runs)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    remarks = ["vad, and the usual image of one model: another line in the handler each time"]
    publish("images-change", Report("images: built again", took, remarks))
    remarks = ["layers that are new, compressed; the rest is at the registry already"]
    publish("images-push", Report("images: pushed then", sent, remarks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
