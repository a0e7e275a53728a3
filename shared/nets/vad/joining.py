"""Makes segments that follow each other closely one, as they come in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.nets.vad.segmenter import Span


class Joining(NamedTuple):
    """Which segments are made one, with what is between them; none by default.

    Attributes:
        gap_ms: those at most so far apart,
        longest_ms: if together they are not longer than this.
    """

    gap_ms: int = -1
    longest_ms: int = 0


class Joiner:
    """Joins the segments of one recording.

    Attributes:
        open_ms: nothing that is still to be given begins before this.
    """

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        self._last: Span | None = None  # what follows may be joined to it
        self.open_ms = 0.0

    def push(self, spans: Iterable[Span], settled_ms: float = math.inf) -> Iterator[Span]:
        """Take segments, in order; give those that nothing can be joined to any more.

        Args:
            spans: start and end of each in milliseconds.
            settled_ms: no segment that is still to come begins before this; none comes if infinite.
        """
        for span in spans:
            if self._last and self._joins(self._last, *span):
                self._last = (self._last[0], span[1])
                continue
            if self._last:
                yield self._last
            self._last = span
        if self._last and not self._joins(self._last, settled_ms, settled_ms):
            yield self._last
            self._last = None
        self.open_ms = self._last[0] if self._last else settled_ms

    def _joins(self, last: Span, start: float, end: float) -> bool:
        near = start - last[1] <= self._joining.gap_ms
        return near and end - last[0] <= self._joining.longest_ms
