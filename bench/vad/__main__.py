"""``nox -s bench-vad -- [cold|speed|memory|size|container|fbank|all] [--quick] [--runs N]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.report import Report, publish
from bench.vad import cold, container, fbank, memory, size, speed
from bench.vad.setting import Setting
from tools.images.engine import EngineError

# fbank after memory: it alone takes memory in this process, which `memory` must not. Those that
# need a container engine are last.
PARTS: dict[str, Callable[[Setting], Report]] = {
    "cold": cold.measure,
    "speed": speed.measure,
    "memory": memory.measure,
    "fbank": fbank.measure,
    "size": size.measure,
    "container": container.measure,
}


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(prog="nox -s bench-vad --", description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=[*PARTS, "all"])
    parser.add_argument("--quick", action="store_true", help="one run on short audio")
    parser.add_argument("--runs", type=int, metavar="N", help="how often each thing is measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        setting = Setting.make(Path(folder), quick=arguments.quick, runs=arguments.runs)
        for name in PARTS if arguments.part == "all" else [arguments.part]:
            try:
                publish(f"vad-{name}", PARTS[name](setting))
            except (RuntimeError, EngineError) as error:  # its own words say why there is no result
                sys.exit(str(error))


if __name__ == "__main__":
    main()
