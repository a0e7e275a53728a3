"""The pytest fixture ``runpod_endpoint``; pytest finds it when the package is installed."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runpod_emulator.containers import Containers
from runpod_emulator.faults import Fault, Schedule
from runpod_emulator.processes import Processes
from runpod_emulator.scaling import Scaling
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.testing import Emulated
from runpod_emulator.workers import Workers

Handler = Callable[..., Any]
MakeEndpoint = Callable[..., Emulated]

_RUN_A_FUNCTION = """
import importlib.util, runpod, sys
path, name = sys.argv.pop(1), sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("handlers_under_test", path)
module = importlib.util.module_from_spec(spec)
sys.modules["handlers_under_test"] = module
spec.loader.exec_module(module)
runpod.serverless.start({"handler": getattr(module, name), "return_aggregate_stream": True})
"""


@pytest.fixture
def runpod_endpoint() -> Iterator[MakeEndpoint]:
    """Makes endpoints of a handler function, of a command, or of an image.

    ``runpod_endpoint(handler)``, ``runpod_endpoint(["python", "worker.py"])``,
    ``runpod_endpoint(Containers("my/image:1"))``. Further arguments, all by name: ``faults`` (a
    list of ``Fault``), ``seed``, ``scaling``, ``settings``, ``environment``. The endpoint and its
    workers end with the test.
    """
    with ExitStack() as stack:

        def make(  # noqa: PLR0913 - all but one are by name, and rarely given
            worker: Handler | Sequence[str] | Containers,
            *,
            faults: Sequence[Fault] = (),
            seed: int = 0,
            scaling: Scaling | None = None,
            settings: EndpointSettings | None = None,
            environment: dict[str, str] | None = None,
        ) -> Emulated:
            schedule = Schedule(seed, list(faults))
            workers = workers_of(worker, environment or {})
            emulated = Emulated(workers, settings, scaling, faults=schedule)
            return stack.enter_context(emulated)

        yield make


def workers_of(
    worker: Handler | Sequence[str] | Containers, environment: dict[str, str]
) -> Workers:
    """What is given to the fixture, as workers."""
    told = {"RUNPOD_LOG_LEVEL": "INFO", **environment}
    if isinstance(worker, Containers):
        return replace(worker, environment={**told, **worker.environment})
    if callable(worker):
        # A function is to find what it imports where this process does.
        return Processes(
            command_of(worker), environment={"PYTHONPATH": os.pathsep.join(sys.path), **told}
        )
    return Processes(worker, environment=told)


def command_of(handler: Handler) -> list[str]:
    """The command of a worker that runs a function at the top level of a module.

    Raises:
        ValueError: it is another kind of function, which no other process could find.
    """
    name = getattr(handler, "__qualname__", "")
    if not name.isidentifier():
        raise ValueError("the handler must be a function at the top level of its module")
    path = Path(inspect.getfile(handler)).resolve()
    return [sys.executable, "-c", _RUN_A_FUNCTION, str(path), name]
