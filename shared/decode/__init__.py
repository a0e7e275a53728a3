"""Any common audio file to mono float32 at 16 kHz, in bounded blocks.

The reader is chosen by the file's first bytes, never by a name: libsndfile for WAV and its like,
FFmpeg (PyAV) for the rest. Both stream, so memory does not grow with the length of a recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np

from shared.audio import BLOCK_S, SAMPLE_RATE, Block
from shared.decode.reader import Reader
from shared.decode.sniff import Container, container_of
from shared.errors import AudioTooLong, DecodeFailed, InvalidInput

__all__ = ["SAMPLE_RATE", "Channel", "DecodeLimits", "decode", "decode_all"]

Channel = Literal["mix", "left", "right"] | int

_SNDFILE: set[Container] = {"wav", "w64", "aiff", "au", "caf"}
# Samples beyond this are no audio in any scale: 32-bit integers written as floats reach it.
_HIGHEST = 2.0**31


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Bounds on a recording, checked on its header and again while decoding."""

    max_duration_s: float = 43_200.0
    min_rate_hz: int = 4_000
    max_rate_hz: int = 384_000
    max_channels: int = 16
    max_samples: int = 4_147_200_000  # over all channels: 12 h of 48 kHz stereo


def decode(
    file: BinaryIO,
    limits: DecodeLimits | None = None,
    channel: Channel = "mix",
    block_s: float = BLOCK_S,
) -> Iterator[Block]:
    """Decode a file.

    A file that is cut off yields what comes before that place, and a damaged one what can still be
    decoded: the time of a lost packet of compressed audio is missing, not filled with silence.

    Args:
        file: seekable, at any position.
        limits: bounds; the defaults if not given.
        channel: the mean of all channels, the first, the second, or one by its number from 0.
        block_s: seconds in each block but the last.

    Yields:
        Arrays of shape (samples,), full scale 1.0; none for a valid file without samples.

    Raises:
        DecodeFailed: it is not audio, or outside of the bounds on rate and channels.
        AudioTooLong: it exceeds the bound on duration.
        InvalidInput: it has no such channel.
    """
    limits = limits or DecodeLimits()
    reader = _open(file)
    try:
        _check_header(reader, limits)
        chosen = _index(channel, reader.channels)
        mono = (_downmix(part, chosen) for part in _bounded(reader, limits))
        yield from _rechunk(_resample(mono, reader.rate), round(block_s * SAMPLE_RATE))
    finally:
        reader.close()


def decode_all(
    file: BinaryIO, limits: DecodeLimits | None = None, channel: Channel = "mix"
) -> Block:
    """A whole short recording as one array; see ``decode``."""
    blocks = list(decode(file, limits, channel))
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)


def _open(file: BinaryIO) -> Reader:
    container = container_of(file)
    if container is None:
        raise DecodeFailed(
            "the file is empty or not of a known kind; send WAV, FLAC, MP3, Ogg, M4A, MP4 or WebM"
        )
    if container in _SNDFILE:
        from shared.decode.sndfile import SndfileReader

        with suppress(DecodeFailed):
            reader = SndfileReader(file)
            if not reader.is_for_ffmpeg:
                return reader
            reader.close()
        file.seek(0)
    from shared.decode.ffmpeg import FFmpegReader

    return FFmpegReader(file, container)


def _check_header(reader: Reader, limits: DecodeLimits) -> None:
    if not limits.min_rate_hz <= reader.rate <= limits.max_rate_hz:
        raise DecodeFailed(
            f"sample rate {reader.rate} Hz is outside of "
            f"{limits.min_rate_hz} to {limits.max_rate_hz}"
        )
    if not 1 <= reader.channels <= limits.max_channels:
        raise DecodeFailed(
            f"the audio has {reader.channels} channels; send 1 to {limits.max_channels}"
        )
    if reader.duration_s is not None:
        _check_length(reader, reader.duration_s * reader.rate, limits)


def _check_length(reader: Reader, frames: float, limits: DecodeLimits) -> None:
    if frames > limits.max_duration_s * reader.rate:
        raise AudioTooLong(
            f"the audio is longer than {limits.max_duration_s:g} s; send it in parts"
        )
    if frames * reader.channels > limits.max_samples:
        raise AudioTooLong(
            f"the audio has more than {limits.max_samples} samples over all channels; "
            "send it in parts, at a lower sample rate or with fewer channels"
        )


def _index(channel: Channel, channels: int) -> int | None:
    """Which channel to take; None for the mean of all."""
    if channel == "mix":
        return None
    index = {"left": 0, "right": 1}.get(channel, channel) if isinstance(channel, str) else channel
    if not isinstance(index, int) or not 0 <= index < channels:
        plural = "" if channels == 1 else "s"
        raise InvalidInput(
            f"channel: the audio has {channels} channel{plural}, and none is {channel}"
        )
    return index


def _bounded(reader: Reader, limits: DecodeLimits) -> Iterator[Block]:
    """The reader's parts, counted and checked; shape (frames, channels)."""
    frames = 0
    for part in reader:
        frames += len(part)
        _check_length(reader, frames, limits)
        # One pass tells NaN, infinity and nonsense: all of them fail the comparison.
        if len(part) and not np.abs(part).max() <= _HIGHEST:
            raise DecodeFailed("the audio holds samples that are no numbers or far out of range")
        yield part


def _downmix(part: Block, chosen: int | None) -> Block:
    if part.shape[1] == 1:
        return part[:, 0]
    return part.mean(axis=1) if chosen is None else part[:, chosen]


def _resample(parts: Iterable[Block], rate: int) -> Iterator[Block]:
    if rate == SAMPLE_RATE:
        yield from parts
        return
    import soxr

    # High quality: its errors lie below 16-bit rounding, and the next step up costs twice the time.
    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
    for part in parts:
        yield stream.resample_chunk(np.ascontiguousarray(part))
    yield stream.resample_chunk(np.empty(0, dtype=np.float32), last=True)


def _rechunk(parts: Iterable[Block], size: int) -> Iterator[Block]:
    """Blocks of exactly ``size`` samples, and a shorter last one."""
    waiting: list[Block] = []
    samples = 0
    for part in parts:
        waiting.append(part)
        samples += len(part)
        if samples >= size:
            joined = np.concatenate(waiting)
            whole = samples - samples % size
            yield from np.split(joined[:whole], whole // size)
            waiting, samples = [joined[whole:]], samples - whole
    if samples:
        yield np.concatenate(waiting)
