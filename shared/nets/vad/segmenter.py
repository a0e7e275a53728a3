"""Speech segments as decisions come in, the same as those of the whole recording at once.

The end-point rules never look beyond the frame at which a segment is closed, and keep nothing from
before it but the end of the segment; so hours of audio need no more memory than one segment.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from shared.nets.vad.endpoint import FRAME_MS, EndPointRules, Window, find_end

Span = tuple[int, int]  # start and end in milliseconds


class Segmenter:
    """Finds the segments of one recording.

    Args:
        rules: the durations.

    Attributes:
        settled_ms: no segment that is still to come begins before this.
    """

    def __init__(self, rules: EndPointRules) -> None:
        self._rules = rules
        self._latency = (rules.window_size_ms + rules.lookback_time_start_point) // FRAME_MS
        self._speech: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        # Frames count from the first that is kept, which is this one of the recording.
        self._offset = 0
        self._opened = 0  # the first frame after the last segment was closed
        self._search = 0  # where speech may begin
        self._floor = 0  # the first frame outside of the last segment
        self.settled_ms = 0

    def push(self, speech: NDArray[np.bool_]) -> list[Span]:
        """The segments that are closed now that these decisions are known too.

        Args:
            speech: shape (frames,), one decision per 10 ms.
        """
        self._speech = np.concatenate((self._speech, speech))
        return list(self._close(last=False))

    def finish(self) -> list[Span]:
        """The segment that the end of the recording closes, if one is open."""
        return list(self._close(last=True))

    def _close(self, *, last: bool) -> Iterator[Span]:
        window = Window(self._speech, self._rules)
        longest = self._rules.max_single_segment_time // FRAME_MS
        while (onset := window.rises(self._search, self._opened)) < window.frames:
            start = max(self._floor, onset - self._latency)
            timeout = max(start + longest, onset + 1)
            end, closed = find_end(window, self._opened, onset, timeout, self._rules)
            if not last and closed == window.frames - 1 < timeout:
                self._settle(start)
                self._forget(self._opened)
                return
            yield self._ms(start), self._ms(end + 1)
            self._opened = self._search = closed + 1
            self._floor = end + 1
        self._search = max(self._search, window.frames)
        self._settle(max(self._floor, self._search - self._latency))
        # A window that is full holds no frame from before its own size.
        size = self._rules.window_size_ms // FRAME_MS
        self._forget(max(self._opened, self._search - size))

    def _settle(self, frame: int) -> None:
        self.settled_ms = self._ms(frame)

    def _forget(self, frame: int) -> None:
        """Keep no decision from before that frame."""
        dropped = min(frame, len(self._speech))
        self._speech = self._speech[dropped:].copy()
        self._offset += dropped
        self._opened = max(0, self._opened - dropped)
        self._search -= dropped
        self._floor -= dropped

    def _ms(self, frame: int) -> int:
        return (self._offset + frame) * FRAME_MS


def find_segments(speech: NDArray[np.bool_], rules: EndPointRules) -> list[Span]:
    """Speech segments of a whole recording.

    Args:
        speech: shape (frames,), one decision per 10 ms.
        rules: the durations.

    Returns:
        (start, end) in milliseconds, in order, without overlap.
    """
    segmenter = Segmenter(rules)
    return [*segmenter.push(speech), *segmenter.finish()]
