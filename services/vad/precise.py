"""Where speech is by the network's own judgement: the rules of mode ``precise``.

Frames are decided by themselves, from what the network makes of them and of their neighbours. What
other rules are worth: ``docs/decisions/17-precise.md``.
"""

from __future__ import annotations

import numpy as np

from shared.features import Array
from shared.nets.vad import FRAME_MS

NEIGHBOURS = 2
THRESHOLD = 0.0
MIN_SILENCE_MS = 100
MIN_SPEECH_MS = 80

Span = tuple[float, float]  # start and end in seconds


def lean(odds: Array, neighbours: int = NEIGHBOURS) -> Array:
    """P(speech) - P(silence) of each frame, averaged with its neighbours.

    Args:
        odds: log odds of speech, shape (frames,).
        neighbours: how many of them, on either side.
    """
    if not len(odds):
        return odds
    around = np.pad(odds, neighbours, mode="edge")
    width = 2 * neighbours + 1
    mean = np.convolve(around, np.full(width, 1 / width, dtype=np.float32), mode="valid")
    mean /= 2
    return np.tanh(mean, out=mean)  # ten hours are millions of frames: no copies


def stretches(speech: Array, threshold: float, duration_s: float) -> list[Span]:
    """Each stretch of frames that reach a threshold; a frame counts for 10 ms.

    Args:
        speech: shape (frames,).
        threshold: a frame is speech from here on.
        duration_s: where the recording ends; what follows its last frame is as that frame.
    """
    edges = np.flatnonzero(np.diff(speech >= threshold, prepend=False, append=False))
    times = edges * FRAME_MS / 1000
    times[edges == len(speech)] = round(duration_s, 3)
    return list(zip(times[::2].tolist(), times[1::2].tolist(), strict=True))
