"""``nox -s bench-diarization -- [speed|growth|all] [--quick] [--runs N]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.diarization import growth, speed
from bench.report import Report, publish
from bench.vad.setting import Setting

PARTS: dict[str, Callable[[Setting], Report]] = {"speed": speed.measure, "growth": growth.measure}


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(prog="nox -s bench-diarization --", description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=[*PARTS, "all"])
    parser.add_argument("--quick", action="store_true", help="one run on short audio")
    parser.add_argument("--runs", type=int, metavar="N", help="how often each thing is measured")
    given = parser.parse_args()
    for name in PARTS if given.part == "all" else [given.part]:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            setting = Setting.make(Path(folder), quick=given.quick, runs=given.runs)
            try:
                publish(f"diarization-{name}", PARTS[name](setting))
            except RuntimeError as error:  # its own words say why there is no result
                sys.exit(str(error))


if __name__ == "__main__":
    main()
