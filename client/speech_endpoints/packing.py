"""Makes audio smaller: mono at 16 kHz, which is what the models hear, as FLAC or Opus.

FLAC loses nothing of that: some 12 minutes of speech fit into the 20 MiB of ``/runsync``, half of
them into ``/run``. Opus at 32 kbit/s takes a fifth of the room. What is longer is cut where it is
quietest.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from speech_endpoints.audio import SHORT_S, Fit, MissingExtra, Packing, Part, inline, too_large
from speech_endpoints.vendored.shared.errors import DecodeFailed, InvalidInput

try:
    import av
    import numpy as np
except ImportError:
    raise MissingExtra(
        "audio that is larger than one request needs packing: pip install 'speech-endpoints[audio]'"
    ) from None

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000
# What speech takes at the most, nearly always; what takes more is cut once more.
_BYTES_PER_S: dict[Packing, float] = {"flac": 22_000, "opus": 4_400}
_OPUS_BITS = 32_000
_FRAME = 160  # samples: 10 ms
_PAUSE = 30  # frames that a cut looks for quiet in
_NOWHERE = {"protocol_whitelist": "none"}  # a playlist does not lead anywhere


def packed(file: BinaryIO, fit: Fit) -> Iterator[Part]:
    """A recording as one part, or if it may be, as several.

    Raises:
        DecodeFailed: it cannot be read.
        InvalidInput: it has no such channel.
        AudioTooLarge: it does not fit, and may not be split.
    """
    decoded = decode(file, fit)
    if not fit.parts:
        yield _whole(np.concatenate([*decoded, np.empty(0, np.int16)]), fit)
        return
    for piece in _pieces(decoded, int(fit.bytes / _BYTES_PER_S[fit.packing] * RATE), fit):
        yield from _fitting(piece, fit)


class _Piece(NamedTuple):
    """Samples, where in the recording they begin, and which of it is this piece's own."""

    samples: NDArray[np.int16]
    begin: int
    own: tuple[float, float]

    def cut(self, first: int, last: int, context: int) -> tuple[_Piece, _Piece]:
        """Two pieces, cut where it is quietest between two places."""
        at = quietest(self.samples, first, last)
        place, (own_from, own_to) = self.begin + at, self.own
        return (
            _Piece(self.samples[: at + context], self.begin, (own_from, place)),
            _Piece(self.samples[at - context :], place - context, (place, own_to)),
        )


def _pieces(blocks: Iterable[NDArray[np.int16]], longest: int, fit: Fit) -> Iterator[_Piece]:
    """A recording as pieces that are no longer than that; at least one."""
    context = round(fit.context_s * RATE)
    rest = _Piece(np.empty(0, np.int16), 0, (0, math.inf))
    held, length = [rest.samples], 0
    for block in blocks:
        held.append(block)
        length += len(block)
        while length > longest:
            rest = rest._replace(samples=np.concatenate(held))
            piece, rest = rest.cut(longest // 2, longest - context, context)
            yield piece
            held, length = [rest.samples], len(rest.samples)
    yield rest._replace(samples=np.concatenate(held))


def decode(file: BinaryIO, fit: Fit) -> Iterator[NDArray[np.int16]]:
    """A file's sound as blocks of shape (samples,) at 16 kHz."""
    try:
        with av.open(file, "r", options=_NOWHERE, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise DecodeFailed("the file has no sound")
            # Blocks of a second: a codec's own are 20 ms, and each costs a walk through Python.
            resampler = av.AudioResampler("s16p", rate=RATE, frame_size=RATE)
            for frame in container.decode(container.streams.audio[0]):
                yield from (_chosen(block, fit) for block in resampler.resample(frame))
            yield from (_chosen(block, fit) for block in resampler.resample(None))
    except (av.FFmpegError, ValueError):
        raise DecodeFailed("the file is not audio that can be read") from None


def encode(samples: NDArray[np.int16], kind: Packing) -> bytes:
    """Samples of shape (samples,) at 16 kHz as a file."""
    out = io.BytesIO()
    codec, container = ("flac", "flac") if kind == "flac" else ("libopus", "ogg")
    with av.open(out, "w", format=container) as target:
        stream = cast("av.AudioStream", target.add_stream(codec, rate=RATE, layout="mono"))
        if kind == "opus":
            stream.bit_rate = _OPUS_BITS
        for start in range(0, len(samples), RATE):
            block = np.ascontiguousarray(samples[None, start : start + RATE])
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.rate, frame.pts = RATE, start
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


def quietest(samples: NDArray[np.int16], first: int, last: int) -> int:
    """Where between two places it is quietest for a third of a second."""
    frames = samples[first : first + (last - first) // _FRAME * _FRAME].reshape(-1, _FRAME)
    energy = np.square(frames, dtype=np.float64).mean(axis=1)
    if len(energy) <= _PAUSE:
        return (first + last) // 2
    around = np.convolve(energy, np.ones(_PAUSE), "valid")
    return first + (int(around.argmin()) + _PAUSE // 2) * _FRAME


def _whole(samples: NDArray[np.int16], fit: Fit) -> Part:
    for kind in ("flac", "opus") if fit.packing == "flac" else ("opus",):
        data = encode(samples, kind)
        if len(data) <= fit.bytes:
            return _part(data, _Piece(samples, 0, (0, math.inf)))
    raise too_large(fit)


def _fitting(piece: _Piece, fit: Fit) -> Iterator[Part]:
    data = encode(piece.samples, fit.packing)
    if len(data) <= fit.bytes:
        yield _part(data, piece)
        return
    length = len(piece.samples)
    for half in piece.cut(length // 4, length * 3 // 4, round(fit.context_s * RATE)):
        yield from _fitting(half, fit)


def _part(data: bytes, piece: _Piece) -> Part:
    own_s = (piece.own[0] / RATE, piece.own[1] / RATE)
    short = len(piece.samples) <= SHORT_S * RATE
    return Part(inline(data), piece.begin / RATE, own_s, short=short, packed=True)


def _chosen(frame: av.AudioFrame, fit: Fit) -> NDArray[np.int16]:
    """One channel of a frame."""
    channels = np.asarray(frame.to_ndarray(), np.int16)  # of shape (channels, samples)
    if fit.channel == "mix":
        return np.asarray(channels.mean(axis=0), np.int16)
    number = {"left": 0, "right": 1}.get(str(fit.channel), fit.channel)
    if not isinstance(number, int) or number >= len(channels):
        raise InvalidInput(f"the audio has {len(channels)} channels, and none is {fit.channel}")
    chosen: NDArray[np.int16] = channels[number]
    return chosen
