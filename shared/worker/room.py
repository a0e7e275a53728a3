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

IN_WORK = 32  # recordings at a time, each with its file; more would make no batch better


class Places:
    """How many jobs a worker takes.

    Args:
        few: jobs at a time.
        many: likewise, while they are short.
    """

    def __init__(self, few: int, many: int) -> None:
        self._few, self._many = few, many
        self._lately: deque[bool] = deque(maxlen=few)  # whether they were long

    @property
    def jobs(self) -> int:
        """How many may be held at a time: many if one of the last recordings at most was long.

        A long one now and then is no reason to keep short ones from sharing batches.
        """
        short = self._lately.count(False) >= max(1, self._few - 1)
        return self._many if short else self._few

    def saw(self, *, long: bool) -> None:
        """A recording has ended: one of more than a block, or not."""
        self._lately.append(long)


class Room(Places):
    """The places for jobs of one worker.

    A recording is long if it has more than one block. Short ones never wait for a long one, which
    goes on by turns; how many go on at a time is bounded, as each holds more memory the further it
    is.

    Args:
        spec: how many jobs, and how many if they are short.
    """

    def __init__(self, spec: WorkerSpec) -> None:
        super().__init__(spec.concurrency, spec.short_concurrency)
        self._long = threading.Semaphore(spec.concurrency)

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
            self.saw(long=long)
