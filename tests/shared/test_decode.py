"""Any common audio becomes mono float32 at 16 kHz; anything else a typed error."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from shared.decode import Channel, DecodeLimits, decode, decode_all
from shared.errors import AudioTooLong, DecodeFailed, InvalidInput
from tests.shared.audio_files import assert_is_tone, decoded, encode, tone, written

TONE = tone(seconds=2.0)


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"),
        ("WAV", "FLOAT"), ("WAV", "DOUBLE"), ("WAV", "ULAW"), ("WAV", "ALAW"),
        ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("WAVEX", "PCM_16"), ("RF64", "PCM_16"),
        ("W64", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16"),
        ("AU", "PCM_16"), ("CAF", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)  # fmt: skip
def test_what_libsndfile_writes_is_read(form: str, kind: str) -> None:
    samples = decoded(written(TONE, form=form, kind=kind))
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(32_000, abs=700)
    assert_is_tone(samples)


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "aac"), ("ipod", "aac"), ("adts", "aac"), ("webm", "libopus"),
        ("matroska", "aac"), ("mov", "pcm_s16le"), ("ipod", "alac"), ("ogg", "libopus"),
        ("mp3", "libmp3lame"), ("mp4", "libmp3lame"), ("flac", "flac"), ("3gp", "aac"),
        ("wav", "g722"), ("wav", "libmp3lame"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_what_ffmpeg_writes_is_read(container: str, codec: str, rate: int) -> None:
    samples = decoded(encode(tone(2.0, rate), rate, container, codec))
    assert len(samples) == pytest.approx(32_000, abs=1_800)
    assert_is_tone(samples)


def test_the_sound_of_a_video_is_read() -> None:
    assert_is_tone(decoded(encode(TONE, 16_000, "mp4", "aac", video="mpeg4")))


def test_a_video_without_sound_is_refused() -> None:
    with pytest.raises(DecodeFailed, match="no sound"):
        decoded(encode(None, 16_000, "mp4", "aac", video="mpeg4"))


def test_16_bit_audio_at_16_khz_passes_through_exactly() -> None:
    integers = np.random.default_rng(0).integers(-(2**15), 2**15, 50_000)
    floats = (integers / 32_768).astype(np.float32)
    for form in ("WAV", "FLAC", "AIFF"):
        np.testing.assert_array_equal(decoded(written(floats, form=form, kind="PCM_16")), floats)


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 384_000])
def test_resampling_keeps_pitch_level_and_length(rate: int) -> None:
    samples = decoded(written(tone(2.0, rate), rate, kind="FLOAT"))
    assert len(samples) == pytest.approx(32_000, abs=2)
    middle = slice(8_000, 24_000)  # the file's ends are no tone
    error = samples[middle] - tone(2.0)[middle]
    assert np.sqrt(np.mean(error**2)) < 0.3 * 10 ** (-100 / 20), "noise 100 dB below the tone"


@pytest.mark.parametrize("hz", [8_500, 12_000, 20_000])
def test_resampling_leaves_nothing_of_what_16_khz_cannot_hold(hz: int) -> None:
    samples = decoded(written(tone(1.0, 44_100, hz), 44_100, kind="FLOAT"))
    assert np.abs(samples[2_000:-2_000]).max() < 1e-4


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_blocks_are_equal_and_do_not_change_the_samples(rate: int) -> None:
    data = written(tone(3.3, rate), rate)
    whole = decoded(data)
    for block_s in (0.1, 1.0, 30.0):
        blocks = list(decode(io.BytesIO(data), block_s=block_s))
        assert {len(block) for block in blocks[:-1]} <= {round(16_000 * block_s)}
        np.testing.assert_array_equal(np.concatenate(blocks), whole)


@pytest.mark.parametrize("seconds", [0.0, 1 / 16_000, 0.01])
def test_empty_and_very_short_files_are_no_error(seconds: float) -> None:
    assert len(decoded(written(tone(seconds)))) == round(16_000 * seconds)


def test_silence_dc_and_clipping_are_kept() -> None:
    for level in (0.0, 0.5, -1.0):
        signal = np.full(1_000, level, np.float32)
        np.testing.assert_array_equal(decoded(written(signal, kind="FLOAT")), signal)


def test_samples_above_full_scale_are_kept() -> None:
    loud = np.full(100, 3.5, np.float32)
    np.testing.assert_array_equal(decoded(written(loud, kind="FLOAT")), loud)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("place", [0, 999])
def test_samples_that_are_no_numbers_are_refused(value: float, place: int) -> None:
    signal = np.zeros(1_000, np.float32)
    signal[place] = value
    with pytest.raises(DecodeFailed, match="no numbers"):
        decoded(written(signal, kind="FLOAT"))


STEREO = np.stack([np.full(800, 0.25, np.float32), np.full(800, -0.5, np.float32)], axis=1)


@pytest.mark.parametrize(
    ("channel", "value"),
    [("mix", -0.125), ("left", 0.25), ("right", -0.5), (0, 0.25), (1, -0.5)],
)
def test_a_channel_is_chosen(channel: Channel, value: float) -> None:
    samples = decoded(written(STEREO, kind="FLOAT"), channel)
    np.testing.assert_array_equal(samples, np.full(800, value, np.float32))


def test_surround_sound_is_mixed_and_split() -> None:
    surround = np.arange(6, dtype=np.float32)[None].repeat(500, axis=0) / np.float32(10)
    data = written(surround, kind="FLOAT")
    np.testing.assert_allclose(decoded(data), 0.25, rtol=1e-6)
    np.testing.assert_array_equal(decoded(data, 5), np.full(500, 0.5, np.float32))


@pytest.mark.parametrize("channel", ["right", 1, 7, -1])
def test_a_channel_the_file_does_not_have_is_invalid(channel: Channel) -> None:
    with pytest.raises(InvalidInput, match="channel"):
        decoded(written(TONE), channel)


def test_the_left_channel_of_a_mono_file_is_that_file() -> None:
    np.testing.assert_array_equal(decoded(written(TONE), "left"), decoded(written(TONE)))


def header(rate: int, channels: int, frames: int = 10) -> bytes:
    data = bytes(2 * channels * frames)
    fields = struct.pack(
        "<HHIIHH", 1, channels, rate, (rate * 2 * channels) & 0xFFFFFFFF, 2 * channels, 16
    )
    body = b"WAVEfmt " + struct.pack("<I", 16) + fields + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body + data)) + body + data


@pytest.mark.parametrize("rate", [1, 3_999, 384_001, 2**31 - 1])
def test_a_sample_rate_out_of_bounds_is_refused_with_the_bounds(rate: int) -> None:
    with pytest.raises(DecodeFailed, match=f"sample rate {rate} Hz is outside of 4000 to 384000"):
        decoded(header(rate, 1))


@pytest.mark.parametrize("channels", [17, 1_000])
def test_too_many_channels_are_refused_with_the_bound(channels: int) -> None:
    with pytest.raises(DecodeFailed, match=f"{channels} channels; send 1 to 16"):
        decoded(header(16_000, channels))


@pytest.mark.parametrize(("rate", "channels"), [(0, 1), (2**32 - 1, 1), (16_000, 0)])
def test_an_impossible_header_is_refused(rate: int, channels: int) -> None:
    with pytest.raises(DecodeFailed):
        decoded(header(rate, channels))


def test_a_recording_beyond_the_bound_is_too_long() -> None:
    limits = DecodeLimits(max_duration_s=1.5)
    with pytest.raises(AudioTooLong, match=r"1\.5 s"):
        decode_all(io.BytesIO(written(TONE)), limits)


def test_a_header_that_lies_about_the_length_does_not_help() -> None:
    data = encode(TONE, 16_000, "adts", "aac")  # its header has no duration at all
    with pytest.raises(AudioTooLong):
        decode_all(io.BytesIO(data), DecodeLimits(max_duration_s=1.5))


def test_more_samples_than_allowed_are_too_long_however_they_are_spread() -> None:
    limits = DecodeLimits(max_samples=40_000)
    surround = np.zeros((16_000, 3), np.float32)
    with pytest.raises(AudioTooLong, match="40000 samples"):
        decode_all(io.BytesIO(written(surround)), limits)
    assert len(decode_all(io.BytesIO(written(surround[:, 0])), limits)) == 16_000
