"""The chunks of a WAV, checked before FFmpeg sees them."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from shared.errors import DecodeFailed

_HEADER = 12  # RIFF, size, WAVE
_MOST_CHUNKS = 1_000


def check_chunks(file: BinaryIO) -> None:
    """Refuse a WAV with a chunk, other than its sound, that claims to reach beyond its end.

    FFmpeg takes memory for a list of tags by the size it claims, gigabytes for a small file.
    The size of the sound itself may be wrong; writers that stream cannot know it.

    Args:
        file: seekable; it is left at its beginning.

    Raises:
        DecodeFailed: there is such a chunk, or there are far too many.
    """
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    order = ">" if file.read(4) == b"RIFX" else "<"
    place = _HEADER
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        header = file.read(8)
        if len(header) < 8 or header[:4] == b"data":
            file.seek(0)
            return
        size = struct.unpack(f"{order}I", header[4:])[0]
        place += 8 + size + size % 2
        if place > end + 1:
            break
    raise DecodeFailed("the file is damaged: its chunks do not fit into it")
