"""How long new processes take to their first result, on a warm disk or on one that is not."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import peers
from bench.process import Place, seconds_until
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import Setting
from tools.workspace import ROOT

RESULT = "Job result:"  # what the SDK's local mode writes when a job has succeeded
WARM = "warm disk, byte-compiled: one discarded run each"
EVICTED = "nothing of what any of them reads is in the page cache when one is started"


def job(place: Place, url: str) -> None:
    """Lay a job where the SDK's local mode looks for it."""
    (place.folder / "test_input.json").write_text(json.dumps({"input": {"audio_url": url}}))


def apart(prepare: Callable[[Setting], Place], setting: Setting) -> Place:
    """Prepare in a process of its own: libraries that this one has mapped would stay in memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(prepare, setting).result()


@dataclass(frozen=True, slots=True)
class Programs:
    """What is started.

    Attributes:
        commands: by name; each prints ``RESULT``.
        place: where they run.
        audio_s: of what length they find the result.
        elsewhere: where those run that do not run in ``place``.
    """

    commands: Mapping[str, Sequence[str]]
    place: Place
    audio_s: int
    elsewhere: Mapping[str, Place] = field(default_factory=dict)

    def report(self, service: str, runs: int, remarks: Sequence[str], *, evicted: bool) -> Report:
        """From starting each process to seeing its result.

        Args:
            service: what is measured.
            runs: of each.
            remarks: what else is to be said.
            evicted: everything is read from the disk, nothing from memory.
        """
        measured = _from_disk if evicted else seconds_until
        found = in_turns(
            {name: partial(measured, RESULT, command, self.elsewhere.get(name, self.place))
             for name, command in self.commands.items()},
            runs,
            discarded=1,
        )  # fmt: skip
        what = f"{length(self.audio_s)} of audio"
        rows = [Row(what, name, values, "s") for name, values in found.items()]
        title = f"{service}: process start to first result"
        return Report(title, rows, [EVICTED if evicted else WARM, *remarks])


def _from_disk(marker: str, command: Sequence[str], place: Place) -> float:
    """As ``seconds_until``.

    Files that some other process has mapped stay in memory, so no other should run Python.
    """
    os.sync()  # only what has been written can be dropped
    libraries = [Path(os.__file__).parent, Path(sys.prefix), peers.LOCATION]
    models = [Path(place.environment["MODELS_DIR"]), place.folder]
    for folder in [*libraries, ROOT / "shared", ROOT / "services", ROOT / "bench", *models]:
        for path, _, names in os.walk(folder):
            for file in (Path(path, name) for name in names):
                if file.is_file():
                    with file.open("rb") as opened:
                        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return seconds_until(marker, command, place)
