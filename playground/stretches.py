"""A stretch of a recording as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speech_endpoints.audio import Fit
from speech_endpoints.packing import RATE, decode, encode
from speech_endpoints.vendored.shared.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_S = 60.0


def stretch_of(file: Path, start_s: float, end_s: float) -> bytes:
    """What is heard between two times, as FLAC: mono at 16 kHz.

    Raises:
        InvalidInput: the recording has no such stretch, or it is longer than a minute.
        DecodeFailed: the file is no audio that can be read.
    """
    if not 0 <= start_s < end_s <= start_s + LONGEST_S:
        raise InvalidInput(f"a stretch begins before it ends, and lasts at most {LONGEST_S:g} s")
    first, last, at = round(start_s * RATE), round(end_s * RATE), 0
    kept: list[NDArray[np.int16]] = []
    with file.open("rb") as source:
        for block in decode(source, Fit(0)):
            kept.append(block[max(0, first - at) : max(0, last - at)])
            at += len(block)
            if at >= last:
                break
    samples = np.concatenate([*kept, np.empty(0, np.int16)])
    if not len(samples):
        raise InvalidInput("the recording ends before that")
    return encode(samples, "flac")
