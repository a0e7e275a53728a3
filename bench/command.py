"""The command line of a service's benchmark."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from bench.report import Report, publish
from bench.vad.setting import Setting
from tools.images.engine import EngineError


def later(module: str) -> Callable[[Setting], Report]:
    """A part whose module is imported when it is measured.

    The libraries that it maps into this process would stay in memory for programs that are to be
    started from a cold disk.
    """

    def measure(setting: Setting) -> Report:
        report: Report = import_module(module).measure(setting)
        return report

    return measure


def main(service: str, parts: Mapping[str, Callable[[Setting], Report]]) -> None:
    """Measure the parts asked for, each in a folder of its own.

    Args:
        service: what is measured.
        parts: by name, in the order they are measured in.
    """
    parser = argparse.ArgumentParser(prog=f"nox -s bench-{service} --")
    parser.add_argument("part", nargs="?", default="all", choices=[*parts, "all"])
    parser.add_argument("--quick", action="store_true", help="one run on short audio")
    parser.add_argument("--runs", type=int, metavar="N", help="how often each thing is measured")
    given = parser.parse_args()
    for name in parts if given.part == "all" else [given.part]:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            setting = Setting.make(Path(folder), quick=given.quick, runs=given.runs)
            try:
                publish(f"{service}-{name}", parts[name](setting))
            except (RuntimeError, EngineError) as error:  # its own words say why there is no result
                sys.exit(str(error))
