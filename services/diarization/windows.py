"""Cuts speech into windows of one length, the unit whose speaker is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

FRAME_MS: Final = 10
LENGTH: Final = 150  # frames, 1.5 s
SHIFT: Final = 75


class Window(NamedTuple):
    """A window: the first frame of its segment it covers, and the frame after its last."""

    start: int
    end: int

    def span(self, start_ms: int, end_ms: int, frames: int) -> tuple[int, int]:
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
