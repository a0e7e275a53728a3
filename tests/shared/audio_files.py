"""Audio files made for a test, and what must come of them."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest
import soundfile
from av.container import OutputContainer

from shared.audio import Block
from shared.decode import Channel, decode_all


def tone(seconds: float, rate: int = 16_000, hz: float = 440) -> Block:
    """A tone at 0.3 of full scale."""
    time = np.arange(round(rate * seconds)) / rate
    return (0.3 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def written(signal: Block, rate: int = 16_000, form: str = "WAV", kind: str = "") -> bytes:
    """The signal as libsndfile writes it."""
    file = io.BytesIO()
    soundfile.write(file, signal, rate, format=form, subtype=kind or None)
    return file.getvalue()


def encode(
    signal: Block | None,
    rate: int,
    container: str,
    codec: str,
    *,
    video: str | None = None,
    side: int = 16,
    **options: str,
) -> bytes:
    """The signal as FFmpeg writes it with a muxer's options; None for a file without sound.

    With the name of a video codec it also gets a picture, a black square.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as output:
        picture = _add_picture(output, video, side) if video else None
        sound = _add_sound(output, codec, rate) if signal is not None else None
        if picture:
            black = np.zeros((side * 3 // 2, side), np.uint8)
            output.mux(picture.encode(av.VideoFrame.from_ndarray(black, format="yuv420p")))
            output.mux(picture.encode(None))
        if sound and signal is not None:
            _mux_sound(output, sound, signal)
    return file.getvalue()


def _add_picture(output: OutputContainer, codec: str, side: int) -> av.VideoStream:
    stream = output.add_stream(codec, rate=10)
    assert isinstance(stream, av.VideoStream)
    stream.width = stream.height = side
    return stream


def _add_sound(output: OutputContainer, codec: str, rate: int) -> av.AudioStream:
    stream = output.add_stream(codec, rate=rate, layout="mono")
    assert isinstance(stream, av.AudioStream)
    stream.format = (stream.codec.audio_formats or [])[0]
    return stream


def _mux_sound(output: OutputContainer, stream: av.AudioStream, signal: Block) -> None:
    whole = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
    whole.sample_rate = stream.rate
    converter = av.AudioResampler(stream.format, frame_size=stream.frame_size or 1024)
    for frame in [*converter.resample(whole), *converter.resample(None), None]:
        output.mux(stream.encode(frame))


def wav_with_sizes(signal: Block, riff: int | None, data: int | None) -> bytes:
    """A 16-bit WAV whose two length fields hold what a streaming writer may have left there."""
    content = bytearray(written(signal))
    place = content.index(b"data") + 4
    if riff is not None:
        content[4:8] = struct.pack("<I", riff)
    if data is not None:
        content[place : place + 4] = struct.pack("<I", data)
    return bytes(content)


def decoded(data: bytes, channel: Channel = "mix") -> Block:
    """The whole file, decoded."""
    return decode_all(io.BytesIO(data), channel=channel)


def assert_is_tone(samples: Block, level: float = 0.3, tolerance: float = 0.1) -> None:
    """The middle of the recording is a 440 Hz tone at that level, and little else."""
    middle = samples[8_000:24_000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert spectrum.argmax() == 440
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(level, rel=tolerance)
