"""How images are built, pushed and started: ``nox -s bench-images -- [PART] [--base IMAGE]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.images import start
from bench.images.change import after_a_change, anew
from bench.report import Report, Row, publish
from bench.vad.setting import Setting
from tools.images.engine import EngineError
from tools.images.plan import Plan, default_base, trusted_ca

RUNS = 3
PARTS = {
    "change": "after another line in the handler: what is built and pushed again",
    "anew": "built once, every step anew",
    "start": "from docker run to the first result, for each way to ship models",
}


def main() -> int:
    """Build or start again and again, and compare; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="nox -s bench-images --", description=__doc__)
    told = "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    parser.add_argument("part", nargs="?", choices=PARTS, default="change", help=told)
    parser.add_argument("--base", metavar="IMAGE", help="the base, if not the Dockerfile's")
    parser.add_argument("--slim", metavar="IMAGE", help="likewise, of an image without torch")
    parser.add_argument("--runs", type=int, metavar="N", help="how often each thing is measured")
    given = parser.parse_args()
    plan = Plan("vad", given.base or default_base("vad"), "tiny", trusted_ca())
    slim = given.slim or default_base("vad", "cpu")
    try:
        for name, report in _reports(given.part, plan, slim, given.runs):
            publish(name, report)
    except (EngineError, RuntimeError) as error:  # its own words say why there is no result
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _reports(part: str, plan: Plan, slim: str, runs: int | None) -> Iterator[tuple[str, Report]]:
    if part == "start":
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            setting = Setting.make(Path(folder), quick=False, runs=runs)
            yield "images-start", start.measure(setting, plan, slim)
    elif part == "anew":
        rows = [Row("built", name, [work()], "s") for name, work in anew(plan).items()]
        remarks = ["every step anew; ours has the packages from pip's cache, theirs keeps none"]
        yield "images-anew", Report("images: built at first", rows, remarks)
    else:
        took, sent = after_a_change(plan, runs or RUNS)
        remarks = ["vad, and the usual image of one model: another line in the handler each time"]
        yield "images-change", Report("images: built again", took, remarks)
        remarks = ["layers that are new, compressed; the rest is at the registry already"]
        yield "images-push", Report("images: pushed then", sent, remarks)


if __name__ == "__main__":
    sys.exit(main())
