"""Programs whose files are not in memory, as on a machine that has just got their image."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bench import peers
from tools.workspace import ROOT

REMARK = "before each run every file that any of them reads was dropped from the page cache"


def from_disk(measure: Callable[[], float], folders: Iterable[Path]) -> Callable[[], float]:
    """The measurement with nothing of these folders, nor of the interpreters, in the page cache.

    Files that another process has mapped stay there, so nothing else should run Python meanwhile.
    """
    libraries = [Path(os.__file__).parent, Path(sys.prefix), peers.LOCATION]
    code = [ROOT / "shared", ROOT / "services", ROOT / "bench"]
    return partial(_measure, measure, [*libraries, *code, *folders])


def _measure(measure: Callable[[], float], folders: Iterable[Path]) -> float:
    os.sync()  # only what is on the disk can be dropped
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in names:
                _drop(Path(path, name))
    return measure()


def _drop(file: Path) -> None:
    if file.is_file():
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
