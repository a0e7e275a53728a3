"""Runs a module as a worker would, and writes down when it does what.

``python -m tools.trace.recorder MODULE FILE BEGAN``: BEGAN is when the process was started, on
Python's performance counter, which counts for all processes of a machine alike. What the file holds
is Chrome's trace format: https://ui.perfetto.dev shows it too.
"""

from __future__ import annotations

import atexit
import importlib
import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.trace.watched import WATCHED

Function = Callable[..., Any]

_GENERATOR, _COROUTINE = 0x20, 0x80  # of a code object's flags; ``inspect`` takes 10 ms to import
_EVENT_LOOP = "event loop"  # its steps overlap


class Recorder:
    """What was done, as Chrome's complete events (``"ph": "X"``); times in microseconds.

    Args:
        began: zero, in seconds of the performance counter.
    """

    def __init__(self, began: float) -> None:
        self._began = began
        self.events: list[dict[str, Any]] = []
        self.add("interpreter", "interpreter", began)

    def add(self, name: str, about: str, began: float, lane: str | None = None) -> None:
        """Write down what ends now."""
        ended = time.perf_counter()
        event = {"name": name, "cat": about, "ph": "X", "pid": 1}
        event["tid"] = lane or threading.current_thread().name
        times = {"ts": (began - self._began) * 1e6, "dur": (ended - began) * 1e6}
        self.events.append({**event, **times})

    @contextmanager
    def span(self, name: str, about: str, lane: str | None = None) -> Iterator[None]:
        """Write down what is done in here."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, about, began, lane)

    def watch_imports(self) -> None:
        """Write down imports from now on, and what ``WATCHED`` names of the modules."""
        machinery: Any = importlib._bootstrap
        find_and_load = machinery._find_and_load_unlocked

        def timed(name: str, import_: object) -> object:
            with self.span(name, "import"):
                module = find_and_load(name, import_)
            for path, (label, about) in WATCHED.get(name, {}).items():
                *owners, last = path.split(".")
                owner = getattr(module, owners[0]) if owners else module
                setattr(owner, last, self._timed(getattr(owner, last), label, about))
            return module

        machinery._find_and_load_unlocked = timed

    def _timed(self, function: Function, name: str, about: str) -> Function:
        def plain(*args: object, **options: object) -> object:
            with self.span(name, about):
                return function(*args, **options)

        async def coroutine(*args: object, **options: object) -> object:
            with self.span(name, about, _EVENT_LOOP):
                return await function(*args, **options)

        def generator(*args: object, **options: object) -> Iterator[object]:
            parts = function(*args, **options)
            while True:
                with self.span(name, about):
                    part = next(parts, self)
                if part is self:
                    return
                yield part

        flags = function.__code__.co_flags
        if flags & _COROUTINE:
            return coroutine
        return generator if flags & _GENERATOR else plain

    def write(self, file: Path) -> None:
        """Write the trace."""
        import json

        file.write_text(json.dumps({"traceEvents": self.events}), encoding="utf-8")


def main() -> None:
    """Run a module under a recorder."""
    module, file, began = sys.argv[1:4]
    del sys.argv[1:4]
    recorder = Recorder(float(began))
    atexit.register(recorder.write, Path(file))
    recorder.watch_imports()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
