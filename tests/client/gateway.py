"""The gateway as its users start it: the command, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import until
from tools.workspace import CLIENT


@dataclass(frozen=True, slots=True)
class Gateway:
    """One that is up; ``url`` is what callers give as their base URL."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    @property
    def uploads(self) -> Path:
        """Where it keeps what is being sent to it."""
        return self.folder / "tmp"


@contextmanager
def gateway(endpoint: str, folder: Path, *options: str, **environment: str) -> Iterator[Gateway]:
    """The gateway of an endpoint, while the context lasts."""
    (folder / "tmp").mkdir(parents=True)
    command = [sys.executable, "-m", "speech_endpoints", "gateway", "--endpoint", endpoint]
    variables = {"PYTHONPATH": str(CLIENT), "TMPDIR": str(folder / "tmp"), **environment}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", "0", *options], env={**os.environ, **variables}, stderr=log
        )
    try:
        found = Gateway("", process, folder)
        until(lambda: re.search(r"http://\S+", found.log) or process.poll() is not None)
        (url,) = re.findall(r"http://\S+", found.log)
        yield Gateway(url, process, folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
