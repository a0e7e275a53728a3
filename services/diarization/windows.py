"""Cuts speech into windows of one length, the unit whose speaker is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FRAME_MS: Final = 10
LENGTH: Final = 150  # frames, 1.5 s
SHIFT: Final = 75

Span = tuple[int, int]  # start and end in the recording, in milliseconds


class Window(NamedTuple):
    """A window: the first frame of its segment it covers, and the frame after its last."""

    start: int
    end: int

    def span(self, start_ms: int, end_ms: int, frames: int) -> Span:
        """Start and end in the recording, of a window of a segment from and to these times."""
        end = end_ms if self.end == frames else start_ms + self.end * FRAME_MS
        return start_ms + self.start * FRAME_MS, end


def windows(frames: int) -> Iterator[Window]:
    """The windows of a segment of so many frames of 10 ms; a short segment is one window.

    The last window reaches back so that it has its full length.
    """
    start = 0
    while frames:
        end = min(start + LENGTH, frames)
        yield Window(max(0, end - LENGTH), end)
        if end == frames:
            return
        start += SHIFT


def overlaps(spans: Sequence[Span]) -> NDArray[np.bool_]:
    """For each window, whether it overlaps the one before it; shape (windows,)."""
    edges = np.reshape(spans, (len(spans), 2))
    found = np.zeros(len(spans), dtype=np.bool_)
    found[1:] = edges[1:, 0] < edges[:-1, 1]
    return found
