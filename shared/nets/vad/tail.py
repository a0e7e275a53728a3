"""The end of a recording that is still coming in: the audio of segments that are not closed yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from shared.audio import SAMPLE_RATE
from shared.features import Array

SAMPLES_PER_MS = SAMPLE_RATE // 1000


class Tail:
    """Keeps what went by until it is said that it is not needed any more."""

    def __init__(self) -> None:
        self._blocks: deque[Array] = deque()
        self._first = 0  # the sample of the recording that the first block begins with

    def passing(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """The blocks as they are, kept on their way."""
        for block in blocks:
            self._blocks.append(block)
            yield block

    def cut(self, start_ms: int, end_ms: int) -> Array:
        """The samples between two times, as far as there are any, shape (samples,)."""
        start, end = (ms * SAMPLES_PER_MS for ms in (start_ms, end_ms))
        parts, at = [], self._first
        for block in self._blocks:
            if at < end and at + len(block) > start:
                parts.append(block[max(0, start - at) : end - at])
            at += len(block)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def forget(self, before_ms: int) -> None:
        """Keep no block that ends before that time."""
        before = before_ms * SAMPLES_PER_MS
        while self._blocks and self._first + len(self._blocks[0]) <= before:
            self._first += len(self._blocks.popleft())
