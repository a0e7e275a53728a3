"""What a measurement ran on, without which its numbers mean little."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

from shared.models.lean import available_cores


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine and the interpreter on it.

    Attributes:
        load: processes that wanted a core in the last minute; others' work if it is not near 0.
    """

    cpu: str
    cores: int
    system: str
    python: str
    torch: str
    load: float

    @classmethod
    def this(cls) -> Self:
        """The machine as it is now."""
        return cls(
            cpu=_cpu(),
            cores=available_cores(),
            system=platform.platform(terse=True),
            python=platform.python_version(),
            torch=version("torch"),
            load=round(os.getloadavg()[0], 1),
        )

    def __str__(self) -> str:
        return (
            f"{self.cpu}, {self.cores} cores, {self.system}, Python {self.python}, "
            f"torch {self.torch}, load {self.load} at the start"
        )


def _cpu() -> str:
    """The CPU's model name; the standard library knows only the architecture on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
