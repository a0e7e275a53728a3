"""What a caller gives as audio, and how it travels: by URL, as it is, or packed smaller."""

from __future__ import annotations

import base64
import io
import math
import os
import wave
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias, cast

from speech_endpoints.failures import SpeechError
from speech_endpoints.vendored.shared.errors import AudioTooLarge, DecodeFailed, InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32] | NDArray[np.float64] | NDArray[np.int16]

Audio: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | tuple[Samples, int]"
Packing = Literal["flac", "opus"]
Channel = Literal["mix", "left", "right"] | int

SHORT_S = 120.0  # what a warm worker answers within a few seconds
WHOLE = (0.0, math.inf)
_SHORT_BYTES = 2_000_000  # likewise, of a file that nobody has looked into


@dataclass(frozen=True, slots=True)
class Fit:
    """What audio has to fit into.

    Attributes:
        bytes: of an audio file in one job.
        packing: what longer audio is packed as.
        parts: whether it may be several jobs.
        context_s: of its neighbours that a part holds too.
        channel: which channel is packed.
    """

    bytes: int
    packing: Packing = "flac"
    parts: bool = True
    context_s: float = 0.0
    channel: Channel = "mix"


@dataclass(frozen=True, slots=True)
class Part:
    """Audio of one job.

    Attributes:
        input: the field of the request that holds it.
        offset_s: where in the recording it begins.
        own_s: from where to where the recording is this part's and none of its neighbours'.
        short: whether it is answered soon.
        packed: whether it is mono by now.
    """

    input: dict[str, str]
    offset_s: float = 0.0
    own_s: tuple[float, float] = WHOLE
    short: bool = False
    packed: bool = False


def parts_of(audio: Audio, fit: Fit) -> Iterator[Part]:
    """A recording as the parts it is sent in; mostly one.

    Args:
        audio: a path, a URL (http or https), the bytes of a file, a file that is open, and stays
            so, or samples, of shape (samples,) or (samples, channels), full scale 1.0 or 16-bit
            integers, and their rate in Hz.
        fit: bounds.

    Raises:
        InvalidInput: it is none of these.
        DecodeFailed: it has to be packed and is no audio that can be read.
        AudioTooLarge: it does not fit, and may not be split.
        MissingExtra: it has to be packed and PyAV is not installed.
    """
    if isinstance(audio, str) and audio.startswith(("https://", "http://")):
        yield Part({"audio_url": audio})
        return
    with _opened(audio) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size == 0:
            raise InvalidInput("the audio is empty")
        if size <= fit.bytes:
            yield Part(inline(file.read()), short=size <= _SHORT_BYTES)
            return
        from speech_endpoints import packing

        yield from packing.packed(file, fit)


def inline(data: bytes) -> dict[str, str]:
    """Audio within the request."""
    return {"audio_base64": base64.b64encode(data).decode()}


def _opened(audio: Audio) -> AbstractContextManager[BinaryIO]:
    if isinstance(audio, bytes):
        return io.BytesIO(audio)
    if isinstance(audio, tuple):
        return io.BytesIO(_wav(*audio))
    if isinstance(audio, io.IOBase) and not isinstance(audio, io.TextIOBase):
        return nullcontext(cast("BinaryIO", audio))
    if not isinstance(audio, str | os.PathLike):
        raise InvalidInput("audio is a path, a URL, bytes, an open binary file, or (samples, rate)")
    try:
        return Path(audio).open("rb")
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be opened"
        raise AudioUnreadable(f"the file cannot be read: {reason}") from None


class AudioUnreadable(DecodeFailed):
    """A file is not there, or may not be read."""

    code = "file_unreadable"


class MissingExtra(SpeechError):
    """An optional package is not installed."""

    code = "missing_extra"


def too_large(fit: Fit) -> AudioTooLarge:
    """What does not fit and may not be split."""
    return AudioTooLarge(
        f"packed as small as it goes, the audio exceeds the {fit.bytes} bytes that fit into one "
        "job, and parts of it would not know each other's speakers; put it where the endpoint can "
        "fetch it and give its https:// URL"
    )


def silence(seconds: float) -> bytes:
    """A WAV file of nothing."""
    return _file(bytes(2 * round(16_000 * seconds)), 1, 16_000)


def _wav(samples: Samples, rate: int) -> bytes:
    """Samples as a WAV file of 16 bits."""
    import numpy as np

    array = np.asarray(samples)
    if array.ndim not in {1, 2} or array.dtype.kind not in "fi" or array.dtype.itemsize > 8:
        raise InvalidInput(
            "samples are of shape (samples,) or (samples, channels), and real numbers"
        )
    if array.dtype.kind == "i" and array.dtype != np.int16:
        raise InvalidInput("samples that are integers have 16 bits; others are floats up to 1.0")
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise InvalidInput("the samples are not all finite")
        array = np.round(np.clip(array, -1, 1) * 32767).astype(np.int16)
    channels = array.shape[1] if array.ndim == 2 else 1
    return _file(array.astype("<i2").tobytes(), channels, rate)


def _file(data: bytes, channels: int, rate: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(data)
    return out.getvalue()
