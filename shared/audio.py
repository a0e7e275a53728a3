"""A recording on its way through an engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
BLOCK_S = 30.0  # seconds in each block of a recording but the last

Block = NDArray[np.float32]


def made_up(seconds: float) -> Block:
    """Something like noise, to warm up on: ``numpy.random`` would have to be imported for it."""
    phase = np.square(np.arange(round(seconds * SAMPLE_RATE), dtype=np.float64))
    return (0.1 * np.sin(phase)).astype(np.float32)


class Cancelled(Exception):
    """The caller cancelled the job; nobody waits for its result."""


class Recording(Iterator[Block]):
    """Blocks of one recording, with a count of what went by.

    Args:
        blocks: mono audio at 16 kHz, each of shape (samples,), full scale 1.0.
        cancelled: once set, the next block is refused.
        further: called for each block but the first before it is given.

    Attributes:
        decode_s: seconds spent waiting for blocks so far.
    """

    def __init__(
        self,
        blocks: Iterable[Block],
        cancelled: threading.Event | None = None,
        further: Callable[[], None] | None = None,
    ) -> None:
        self._blocks = iter(blocks)
        self._cancelled = cancelled
        self._further = further
        self._samples = 0
        self.decode_s = 0.0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Block:
        """The next block.

        Raises:
            Cancelled: the job was cancelled meanwhile.
        """
        self.go_on()
        began = time.perf_counter()
        try:
            block = next(self._blocks)
        finally:
            self.decode_s += time.perf_counter() - began
        if self._samples and self._further is not None:
            self._further()
        self._samples += len(block)
        return block

    def go_on(self) -> None:
        """What long work calls between its steps.

        Raises:
            Cancelled: the job was cancelled meanwhile.
        """
        if self._cancelled is not None and self._cancelled.is_set():
            raise Cancelled

    @property
    def duration_s(self) -> float:
        """Seconds of audio handed out so far."""
        return self._samples / SAMPLE_RATE
