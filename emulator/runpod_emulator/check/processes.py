"""The processes a worker consists of."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from docker.errors import DockerException

from runpod_emulator.containers import WorkerContainer
from runpod_emulator.processes import WorkerProcess
from runpod_emulator.workers import Worker

SHELLS = {"sh", "ash", "bash", "busybox", "dash", "ksh", "zsh"}


@dataclass(frozen=True, slots=True)
class Process:
    """One process, with the number of the one that started it."""

    pid: int
    parent: int
    command: str


def processes_of(worker: Worker) -> list[Process]:
    """The processes of a worker; none where they cannot be listed."""
    if isinstance(worker, WorkerContainer) and worker.container is not None:
        with suppress(DockerException):
            rows = worker.container.top(ps_args="-eo pid,ppid,args")["Processes"]
            return [Process(int(pid), int(parent), command) for pid, parent, command in rows]
    if isinstance(worker, WorkerProcess):
        return list(_of_session(worker.pid))
    return []


def is_shell(command: str) -> bool:
    """Whether a command line is that of a shell."""
    program = command.split(maxsplit=1)[:1] or [""]
    return PurePosixPath(program[0]).name.removeprefix("-") in SHELLS


def ended_with(code: int) -> str:
    """How a process ended, in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _of_session(session: int) -> Iterator[Process]:
    """The processes of a session; a worker is started in one of its own."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            # The name before the bracket may hold anything; then: state, parent, group, session.
            _, parent, _, its_session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session:
                arguments = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                command = b" ".join(arguments).decode(errors="replace")
                yield Process(int(folder.name), int(parent), command)
