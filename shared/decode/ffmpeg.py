"""Reads with FFmpeg, through PyAV: everything compressed, and what libsndfile does not open.

FLAC too, which libsndfile reads as well: FFmpeg is faster there and goes on after damage.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain, groupby
from typing import BinaryIO

import av
import numpy as np
from av.codec.codec import UnknownCodecError

from shared.audio import Block
from shared.decode.allocation import bound_allocations
from shared.decode.sniff import Container
from shared.errors import DecodeFailed

# PyAV looks for the empty plane behind a frame's last; with more planes than these it reads on and
# crashes the process.
_MOST_PLANES = 7
# Each may take memory for an index of its own.
_MOST_STREAMS = 16
# A change of sample rate within a file is followed, but no chain of files may blow up a few frames.
_STEEPEST_RISE = 16


class FFmpegReader:
    """See ``Reader``.

    The container's kind is given, not guessed, and no other file can be opened from within it.

    Raises:
        DecodeFailed: FFmpeg cannot open the file, or finds no sound in it.
    """

    def __init__(self, file: BinaryIO, container: Container) -> None:
        bound_allocations()
        options = {
            "max_streams": str(_MOST_STREAMS),
            "format_whitelist": _DEMUXERS[container],
            "protocol_whitelist": "none",
            "codec_whitelist": _sound_decoders(),
        }
        try:
            self._container = av.open(
                file, "r", format=container, options=options, metadata_errors="ignore"
            )
        except (av.FFmpegError, ValueError):
            raise DecodeFailed("the file is damaged, or of a kind that cannot be read") from None
        readable = [stream for stream in self._container.streams.audio if stream.codec_context]
        if not readable:
            self._container.close()
            raise DecodeFailed("the file has no sound, or sound of a kind that cannot be read")
        self._stream = readable[0]
        self._damaged = False
        self.rate: int = self._stream.rate or 0
        self.channels: int = self._stream.channels
        self._layout = self._stream.layout  # the stream's own changes while it is decoded
        self.duration_s: float | None = (
            None if container in _WITHOUT_DURATION else self._header_duration()
        )

    def __iter__(self) -> Iterator[Block]:
        """The parts, in order; damaged packets are left out, as FFmpeg's own programs do."""
        read_any = False
        try:
            for frame in self._converted():
                read_any = True
                samples = np.asarray(frame.to_ndarray(), dtype=np.float32)
                yield samples.T if frame.format.is_planar else samples.reshape(-1, self.channels)
        except (av.FFmpegError, ValueError):
            self._damaged = True
        if self._damaged and not read_any:
            raise DecodeFailed("the sound in the file is damaged")

    def close(self) -> None:
        """Release the library's resources."""
        self._container.close()

    def _converted(self) -> Iterator[av.AudioFrame]:
        """Frames of floats, all of one form even where the file changes its rate or channels."""
        samples = "fltp" if self.channels <= _MOST_PLANES else "flt"
        for (_, _, rate), frames in groupby(self._frames(), _kind):
            if rate * _STEEPEST_RISE < self.rate:
                raise ValueError
            converter = av.AudioResampler(samples, self._layout, self.rate)
            for frame in chain(frames, [None]):  # None: give out what the converter still holds
                yield from filter(None, converter.resample(frame))

    def _frames(self) -> Iterator[av.AudioFrame]:
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damaged = True
                continue
            yield from frames

    def _header_duration(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        duration = self._container.duration
        return duration / av.time_base if duration is not None else None


@cache
def _sound_decoders() -> str:
    """Without this list FFmpeg decodes video as it opens a file, with pictures of any size."""
    return ",".join(filter(_is_sound_decoder, av.codecs_available))


def _is_sound_decoder(codec: str) -> bool:
    try:
        return av.Codec(codec, "r").type == "audio"
    except UnknownCodecError:
        return False


def _kind(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


# What FFmpeg says of these is an estimate, far off where the bit rate varies.
_WITHOUT_DURATION: set[Container] = {"mp3", "aac"}

# The names FFmpeg knows these demuxers by.
_DEMUXERS: dict[Container, str] = {
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska": "matroska,webm",
    "flac": "flac",
    "aac": "aac",
    "amr": "amr",
    "mp3": "mp3",
    "ogg": "ogg",
    "wav": "wav",
    "w64": "w64",
    "aiff": "aiff",
    "au": "au",
    "caf": "caf",
}
