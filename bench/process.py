"""Programs as they are measured from outside: when they answer, and how much memory they take."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self, TypedDict

_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss; see getrusage(2)


@dataclass(frozen=True, slots=True)
class Place:
    """Where programs run.

    Attributes:
        folder: their working directory.
        environment: their environment variables.
    """

    folder: Path
    environment: Mapping[str, str]

    def log(self) -> Path:
        """Where what they say beside their results is kept."""
        return self.folder / "log.txt"

    def failed(self, command: Sequence[str]) -> RuntimeError:
        """The error of a program that gave no result, with the end of what it said."""
        said = self.log().read_text(errors="replace")[-3000:] if self.log().exists() else ""
        return RuntimeError(f"{' '.join(command[1:3])} gave no result:\n{said}")


def seconds_until(marker: str, command: Sequence[str], place: Place) -> float:
    """Seconds from starting a program until a line with ``marker`` is seen on its output.

    Raises:
        RuntimeError: it ended without.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=place.folder,
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            if marker in line:
                elapsed = time.perf_counter() - began
                process.kill()
                return elapsed
            said.append(line)
    place.log().write_text("".join(said))
    raise place.failed(command)


class Spent(NamedTuple):
    """What a program has taken, from its start to its end.

    Attributes:
        cpu_s: seconds on all cores together; other work on the machine changes them little.
        peak_mb: the most memory it had resident at one time, in MB (10^6 bytes).
    """

    cpu_s: float
    peak_mb: float


def spent(command: Sequence[str], place: Place) -> Spent:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed.
    """
    with place.log().open("w") as log:
        meter = [sys.executable, "-S", str(Path(__file__).with_name("meter.py"))]
        said = subprocess.run(
            [*meter, *command], cwd=place.folder, env=place.environment, check=True,
            stdout=subprocess.PIPE, stderr=log,
        ).stdout  # fmt: skip
    code, cpu_s, peak = json.loads(said)
    if code:
        raise place.failed(command)
    return Spent(cpu_s, peak * _BYTES_PER_UNIT / 1e6)


def peak_mb(command: Sequence[str], place: Place) -> float:
    """The most memory a program had; see ``spent``."""
    return spent(command, place).peak_mb


class Answer(TypedDict):
    """What a warm engine found, ``[start, end]`` in milliseconds, and in how many seconds."""

    seconds: float
    segments: list[list[int]]


class Warm:
    """A program that has loaded its model and answers a path per line: see ``bench.vad.engines``.

    Args:
        command: starts it.
        place: where it runs.
    """

    def __init__(self, command: Sequence[str], place: Place) -> None:
        self._command, self._place = command, place
        with place.log().open("a") as log:
            self._process = subprocess.Popen(
                command,
                cwd=place.folder,
                env=place.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, path: Path) -> Answer:
        """The answer for one file.

        Raises:
            RuntimeError: the program has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(path, file=self._process.stdin, flush=True)
            answer: Answer = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, ValueError):
            raise self._place.failed(self._command) from None
        return answer
