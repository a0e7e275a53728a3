"""FunASR's end-point rules: from a decision per frame to speech segments.

A window slides over the frames. Speech begins once enough of the window is speech and ends after a
long enough silence; a segment reaches back before its beginning, a little beyond its end, and never
exceeds a longest duration. FunASR (``fsmn_vad_streaming``) walks through the frames one by one;
here each change of state is found by a search in the window's running sums, so the work grows with
the number of segments. The segments are the same to the millisecond, which the tests show against
FunASR's own class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.errors import ModelUnusable

FRAME_MS: Final = 10


@dataclass(frozen=True, slots=True)
class EndPointRules:
    """Durations in milliseconds, under the names FunASR's ``config.yaml`` gives them.

    Attributes:
        window_size_ms: length of the sliding window.
        sil_to_speech_time_thres: speech in the window that begins a segment.
        speech_to_sil_time_thres: speech in the window at or below which silence begins.
        lookback_time_start_point: how far a segment reaches back beyond the window.
        lookahead_time_end_point: how far it reaches into the silence that ended it.
        max_end_silence_time: the silence that ends a segment.
        max_single_segment_time: the longest segment.
        speech_noise_thres: a frame is speech when P(speech) exceeds P(silence) by this much.
    """

    window_size_ms: int = 200
    sil_to_speech_time_thres: int = 150
    speech_to_sil_time_thres: int = 150
    lookback_time_start_point: int = 200
    lookahead_time_end_point: int = 100
    max_end_silence_time: int = 800
    max_single_segment_time: int = 60_000
    speech_noise_thres: float = 0.6

    @classmethod
    def from_config(cls, conf: dict[str, Any]) -> Self:
        """Take the rules out of a model's ``model_conf``.

        Raises:
            ModelUnusable: the configuration asks for rules FunASR has and this module has not.
        """
        for key, wanted in _FIXED.items():
            if conf.get(key, wanted) != wanted:
                raise ModelUnusable(f"end-point rule {key}={conf[key]!r} is not supported")
        return cls(**{f.name: conf[f.name] for f in fields(cls) if f.name in conf})

    def is_speech(self, silence: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Decide each frame from its probability of silence, shape (frames,)."""
        return silence <= (1.0 - self.speech_noise_thres) / 2


# Thresholds at these values never decide anything, and the modes are the ones of offline use.
_FIXED: dict[str, Any] = {
    "sample_rate": 16_000,
    "frame_in_ms": FRAME_MS,
    "frame_length_ms": 25,
    "detect_mode": 1,
    "do_extend": 1,
    "speech_2_noise_ratio": 1.0,
    "snr_thres": -100.0,
    "decibel_thres": -100.0,
}


def find_end(
    window: Window, opened: int, onset: int, timeout: int, rules: EndPointRules
) -> tuple[int, int]:
    """Last frame of the segment that began at ``onset``, and the frame at which that is known."""
    patience_ms = rules.max_end_silence_time - rules.speech_to_sil_time_thres
    patience = max(1, math.ceil(patience_ms / FRAME_MS))
    kept = rules.lookahead_time_end_point // FRAME_MS + 1
    lookback = max(0, int(patience_ms / FRAME_MS) - kept)
    limit = min(timeout, window.frames - 1)
    resumed = onset
    while (fell := window.falls(resumed + 1, opened)) < limit:
        resumed = window.rises(fell + 1, opened)
        quiet = fell + patience
        if quiet < resumed and quiet <= limit:
            return quiet - lookback, quiet
        if resumed >= limit:
            break
    return limit, limit


class Window:
    """Where the number of speech frames in the sliding window crosses its thresholds.

    After a segment is closed FunASR empties the window: ``opened`` is the first frame that counts.
    """

    def __init__(self, speech: NDArray[np.bool_], rules: EndPointRules) -> None:
        self.frames = len(speech)
        self._size = rules.window_size_ms // FRAME_MS
        self._on = rules.sil_to_speech_time_thres // FRAME_MS
        self._off = rules.speech_to_sil_time_thres // FRAME_MS
        self._total = np.concatenate(([0], np.cumsum(speech, dtype=np.int64)))
        full = self._total[self._size :] - self._total[: -self._size]
        self._high = np.flatnonzero(full >= self._on) + self._size - 1
        self._low = np.flatnonzero(full <= self._off) + self._size - 1

    def rises(self, frame: int, opened: int) -> int:
        """First frame from ``frame`` on with enough speech; ``frames`` if there is none."""
        filling = self._filling(frame, opened) >= self._on
        return self._first(frame, opened, filling, self._high)

    def falls(self, frame: int, opened: int) -> int:
        """First frame from ``frame`` on with little enough; ``frames`` if there is none."""
        filling = self._filling(frame, opened) <= self._off
        return self._first(frame, opened, filling, self._low)

    def _filling(self, frame: int, opened: int) -> NDArray[np.int64]:
        """Speech frames in a window that is not full yet, for each frame until it is."""
        before = int(self._total[min(opened, self.frames)])
        return self._total[frame + 1 : opened + self._size] - before

    def _first(
        self, frame: int, opened: int, filling: NDArray[np.bool_], full: NDArray[np.int64]
    ) -> int:
        if filling.any():
            return frame + int(filling.argmax())
        place = int(np.searchsorted(full, max(frame, opened + self._size - 1)))
        return int(full[place]) if place < len(full) else self.frames
