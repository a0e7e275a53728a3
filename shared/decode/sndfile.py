"""Reads WAV, W64, AIFF, AU and CAF with libsndfile: far faster there than FFmpeg through PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

import numpy as np
import soundfile

from shared.audio import Block
from shared.errors import DecodeFailed

_FRAMES_AT_ONCE = 1 << 16
_PER_STEP = np.float32(2**-15)  # of a 16-bit sample


class _Source:
    """A file as libsndfile takes it.

    The offsets in a damaged header may lead before the file's beginning. An exception within
    libsndfile's callbacks goes to no caller but, with its traceback, to stderr.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = file.read
        self.tell = file.tell

    def seek(self, offset: int, whence: int) -> int:
        with suppress(ValueError, OSError):
            self._file.seek(offset, whence)
        return self.tell()


class SndfileReader:
    """See ``Reader``.

    Raises:
        DecodeFailed: libsndfile cannot open the file.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._sound = soundfile.SoundFile(_Source(file))
        except (soundfile.SoundFileError, TypeError, ValueError):
            raise DecodeFailed("the file is damaged, or of a kind that cannot be read") from None
        self.rate: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.duration_s: float | None = self._sound.frames / self.rate if self.rate else None

    @property
    def is_for_ffmpeg(self) -> bool:
        """Whether it is a WAV that FFmpeg reads better.

        That is one whose writer never filled in its length, where libsndfile sees no frames, and
        one with MP3 in it, where libsndfile's decoder writes to stderr.
        """
        unfinished = self._sound.format in {"WAV", "WAVEX"} and not self._sound.frames
        return unfinished or self._sound.subtype.startswith("MPEG")

    def __iter__(self) -> Iterator[Block]:
        """The parts, in order."""
        # Asked for floats, libsndfile reads 8 KB at a time, by a call into Python each.
        as_it_lies = self._sound.subtype == "PCM_16"
        kind = "int16" if as_it_lies else "float32"
        read_any = False
        while True:
            try:
                part = self._sound.read(_FRAMES_AT_ONCE, kind, always_2d=True)
            except soundfile.SoundFileError:
                if read_any:
                    return
                raise DecodeFailed("the audio in the file is damaged") from None
            if not len(part):
                return
            read_any = True
            yield part * _PER_STEP if as_it_lies else part

    def close(self) -> None:
        """Release the library's resources."""
        self._sound.close()
