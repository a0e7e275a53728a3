"""RunPod's two rules for how many workers there should be; numbers in, a number out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pydantic.dataclasses import dataclass as settings

from runpod_emulator.parse import STRICT


@settings(config=STRICT, frozen=True, slots=True)
class Scaling:
    """An endpoint's scaling.

    Attributes:
        workers_min: workers that are always there ("active" ones).
        workers_max: the most there are.
        idle_timeout_s: how long a worker without a job is kept.
        scaler: ``QUEUE_DELAY`` adds a worker while a job has waited longer than ``queue_delay_s``;
            ``REQUEST_COUNT`` keeps one worker for each ``request_count`` jobs.
        queue_delay_s: see ``scaler``; also how long before another worker is added.
        request_count: see ``scaler``.
    """

    workers_min: int = 0
    workers_max: int = 3
    idle_timeout_s: float = 5.0
    scaler: Literal["QUEUE_DELAY", "REQUEST_COUNT"] = "QUEUE_DELAY"
    queue_delay_s: float = 4.0
    request_count: int = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: there are to be more workers than there may be, or a number makes no sense.
        """
        if not 0 <= self.workers_min <= self.workers_max:
            raise ValueError("workers_min is a number from 0 to workers_max")
        if self.idle_timeout_s < 0 or self.queue_delay_s < 0 or self.request_count < 1:
            raise ValueError("times are 0 or more, and request_count is 1 or more")


@dataclass(frozen=True, slots=True)
class Load:
    """What a scaler looks at.

    Attributes:
        queued: jobs that wait.
        in_progress: jobs that workers have.
        oldest_wait_s: how long the oldest job has waited; 0 when none does.
        workers: workers that are there or starting.
        since_added_s: how long ago the last worker was added.
    """

    queued: int
    in_progress: int
    oldest_wait_s: float
    workers: int
    since_added_s: float


def wanted(scaling: Scaling, load: Load) -> int:
    """How many workers there should be, before idle ones are let go.

    The first worker is added as soon as a job waits: RunPod does not say, and there is nothing to
    wait for.
    """
    if scaling.scaler == "REQUEST_COUNT":
        wish = math.ceil((load.queued + load.in_progress) / scaling.request_count)
    elif load.queued and not load.workers:
        wish = 1
    elif load.oldest_wait_s > scaling.queue_delay_s < load.since_added_s:
        wish = load.workers + 1
    else:
        wish = load.workers
    return max(scaling.workers_min, min(scaling.workers_max, wish))
