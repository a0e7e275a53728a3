"""How many jobs a worker takes, and how many of their recordings may be long ones at a time.

A worker that holds many short jobs computes them together, and seldom meets the second that
RunPod's SDK sleeps whenever it has as many as it may. But what one worker holds no other can take,
and RunPod starts no other as long as nothing waits. So a worker takes many only after it has seen
that they are short.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.spec import WorkerSpec


class Room:
    """The places for jobs of one worker.

    A recording is long if it has more than one block. Short ones never wait for a long one, which
    goes on by turns; how many go on at a time is bounded, as each holds more memory the further it
    is.

    Args:
        spec: how many jobs, and how many if they are short.
    """

    def __init__(self, spec: WorkerSpec) -> None:
        self._few, self._many = spec.concurrency, spec.short_concurrency
        self._long = threading.Semaphore(spec.concurrency)
        self._lately: deque[bool] = deque(maxlen=spec.concurrency)  # whether they were long
        self._jobs = 0

    def jobs(self, current: int) -> int:
        """How many jobs may be held at a time: RunPod's ``concurrency_modifier``.

        Args:
            current: how many it was until now. It stays as long as there is work, because the SDK
                takes no job from a change until all that it has have ended.
        """
        if self._jobs:
            return current
        short = len(self._lately) == self._few and not any(self._lately)
        return self._many if short else self._few

    @contextmanager
    def job(self) -> Iterator[None]:
        """For the time of a job; called in one thread only."""
        self._jobs += 1
        try:
            yield
        finally:
            self._jobs -= 1

    @contextmanager
    def recording(self) -> Iterator[Callable[[], None]]:
        """For the time of a recording; gives what is to be called when it has a second block."""
        long = False

        def further() -> None:
            nonlocal long
            if not long:
                self._long.acquire()
                long = True

        try:
            yield further
        finally:
            if long:
                self._long.release()
            self._lately.append(long)
