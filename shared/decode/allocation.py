"""Bounds what FFmpeg takes memory for.

Demuxers believe the sizes and counts in a file: a list of tags, a table of samples, a compressed
picture. A few hundred bytes can make them fill gigabytes. FFmpeg has a limit for that, which PyAV
does not offer, so it is set in the library PyAV has loaded.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from pathlib import Path

import av

# The index of 12 hours of AAC at 48 kHz takes 49 MB, in one piece.
MOST_BYTES = 64 * 2**20


@cache
def bound_allocations() -> bool:
    """Make any single allocation of FFmpeg above 64 MiB fail; whether the library was found."""
    for library in _libraries():
        limit = getattr(ctypes.CDLL(library), "av_max_alloc", None)
        if limit is not None:
            limit.argtypes, limit.restype = [ctypes.c_size_t], None
            limit(MOST_BYTES)
            return True
    return False


def _libraries() -> list[str]:
    """Where the libavutil that PyAV uses may be."""
    if sys.platform == "linux":
        maps = Path("/proc/self/maps").read_text()
        return sorted(set(re.findall(r"/\S*libavutil\S*", maps)))
    package = Path(av.__file__).parent
    folders = (package / ".dylibs", package.with_name("av.libs"))
    return [str(path) for folder in folders for path in sorted(folder.glob("*avutil*"))]
