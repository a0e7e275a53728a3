"""A recording's waveform, small enough to draw: the browser need not decode an hour of audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from speech_endpoints.audio import Fit
from speech_endpoints.packing import RATE, decode
from speech_endpoints.vendored.shared.errors import AudioTooLong

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMN = RATE // 100  # samples: 10 ms
MOST_COLUMNS = 2**19  # longer recordings have longer columns
LONGEST_S = 43_200.0  # what the services take
_AT_A_TIME = 10 * RATE


class Peaks(NamedTuple):
    """A waveform.

    Attributes:
        columns: for each the loudest of its samples, a byte: 255 is full scale.
        duration_s: of the recording.
    """

    columns: bytes
    duration_s: float


def peaks_of(file: Path) -> Peaks:
    """The waveform of a file.

    Raises:
        DecodeFailed: it is no audio that can be read.
        AudioTooLong: it is longer than the services take.
    """
    parts: list[NDArray[np.uint8]] = []
    length = 0
    with file.open("rb") as source:
        for samples in _in_columns(decode(source, Fit(0))):
            length += len(samples)
            if length > LONGEST_S * RATE:
                raise AudioTooLong(f"a recording lasts at most {LONGEST_S:g} s")
            parts.append(np.asarray(_loudest(samples, COLUMN) >> 7, np.uint8))
    columns = np.concatenate([*parts, np.empty(0, np.uint8)])
    drawn = _loudest(columns, -(-len(columns) // MOST_COLUMNS) or 1).astype(np.uint8)
    return Peaks(drawn.tobytes(), round(length / RATE, 3))


def _in_columns(blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
    """The same samples in blocks of some seconds, all but the last of whole columns."""
    held: list[NDArray[np.int16]] = []
    length = 0
    for block in blocks:
        held.append(block)
        length += len(block)
        if length >= _AT_A_TIME:
            samples = np.concatenate(held)
            end = length - length % COLUMN
            yield samples[:end]
            held, length = [samples[end:]], length - end
    if length:
        yield np.concatenate(held)


def _loudest(samples: NDArray[np.int16] | NDArray[np.uint8], count: int) -> NDArray[np.int32]:
    """Of each so many values the largest; the last column may have fewer."""
    values = np.abs(samples.astype(np.int32))
    values = np.pad(values, (0, -len(values) % count))
    return np.asarray(np.minimum(values.reshape(-1, count).max(axis=1), 32_767), np.int32)
