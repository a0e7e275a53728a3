"""The jobs a worker is checked with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Input = dict[str, Any]

MADE_UP: Input = {"check": "runpod-emulator"}


@dataclass(frozen=True, slots=True)
class Jobs:
    """What the worker is given, and how long it may take.

    Attributes:
        good: the input of a job that is valid.
        made_up: whether it is ours, so that an error is an answer to it, too.
        slow: the input of a job that takes some seconds, if there is one.
        large: the input of a job whose result would be larger than RunPod passes on.
        start_timeout_s: until the worker first asks for a job.
        job_timeout_s: for each job.
        stop_timeout_s: from SIGTERM to the worker's end. RunPod does not say.
    """

    good: Input = field(default_factory=lambda: MADE_UP)
    made_up: bool = False
    slow: Input | None = None
    large: Input | None = None
    start_timeout_s: float = 120.0
    job_timeout_s: float = 60.0
    stop_timeout_s: float = 10.0


def read_input(file: Path) -> Input:
    """The input of a job in a file: ``{"input": {...}}``, as RunPod's ``test_input.json``.

    Raises:
        ValueError: it holds no such job, or one whose input is empty, which RunPod drops.
        OSError: it cannot be read.
    """
    job = json.loads(file.read_text(encoding="utf-8"))
    found = job.get("input") if isinstance(job, dict) else None
    if not isinstance(found, dict) or not found:
        raise ValueError(f'{file}: a job is {{"input": {{...}}}}, and the input is not empty')
    return found


def odd_inputs(good: Input) -> dict[str, Input]:
    """Inputs a careless caller might send; the keys say what is odd about them."""
    return {
        "an unknown field": {**good, "runpod_emulator_check": True},
        "nothing but unknown fields": {"runpod_emulator_check": [1, None]},
        "fields of other types": {name: _of_another_type(value) for name, value in good.items()},
        "fields that are null": dict.fromkeys(good),
    }


def _of_another_type(value: object) -> object:
    if isinstance(value, str):
        return 12345
    return [] if isinstance(value, dict) else "text"
