"""Odd, old, tagged, cut and damaged files, as they are met in the world."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest

from shared.decode import Channel, DecodeLimits, decode_all
from tests.shared.audio_files import (
    assert_is_tone,
    decoded,
    encode,
    tone,
    wav_with_sizes,
    written,
)

TONE = tone(seconds=2.0)
NOISE = np.random.default_rng(0).normal(0, 0.1, 160_000).astype(np.float32)


def test_the_header_of_a_wav_alone_is_empty_audio() -> None:
    assert len(decoded(written(TONE)[:44])) == 0


@pytest.mark.parametrize("riff", [None, 0, 0xFFFFFFFF])
@pytest.mark.parametrize("data", [None, 0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_whose_writer_did_not_know_its_length_is_read_whole(
    riff: int | None, data: int | None
) -> None:
    np.testing.assert_array_equal(decoded(wav_with_sizes(TONE, riff, data)), decoded(written(TONE)))


def test_chunks_nobody_knows_are_skipped() -> None:
    plain = written(TONE)
    junk = b"junk" + struct.pack("<I", 7) + b"seven!!" + b"\0"
    assert_is_tone(decoded(plain[:12] + junk + plain[12:] + junk))


def png() -> bytes:
    """A picture of one black pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    )


def id3(frames: bytes, padding: int = 0) -> bytes:
    """A tag as it stands in front of MP3 files."""
    size = len(frames) + padding
    return (
        b"ID3\x03\0\0" + bytes(size >> s & 0x7F for s in (21, 14, 7, 0)) + frames + bytes(padding)
    )


COVER = b"\0image/png\0\3\0" + png()
APIC = b"APIC" + struct.pack(">IH", len(COVER), 0) + COVER


def test_a_cover_picture_in_an_mp3_is_skipped() -> None:
    assert_is_tone(decoded(id3(APIC) + written(TONE, form="MP3", kind="MPEG_LAYER_III")))


def test_a_cover_picture_in_a_flac_is_skipped() -> None:
    plain = written(TONE, form="FLAC")
    body = (
        struct.pack(">II", 3, 9) + b"image/png" + bytes(20) + struct.pack(">I", len(png())) + png()
    )
    block = b"\6" + len(body).to_bytes(3, "big") + body
    end_of_first = 4 + 4 + 34
    assert_is_tone(decoded(plain[:end_of_first] + block + plain[end_of_first:]))


def test_a_tag_in_front_of_a_flac_is_skipped() -> None:
    assert_is_tone(decoded(id3(APIC) + written(TONE, form="FLAC")))


@pytest.mark.parametrize("stray", [1, 700])
def test_an_mp3_some_way_behind_its_tag_is_found(stray: int) -> None:
    assert_is_tone(decoded(id3(APIC) + bytes(stray) + written(TONE, form="MP3")))


def test_a_tag_in_no_known_alphabet_does_no_harm() -> None:
    plain = written(TONE, form="FLAC")
    latin = b"TITLE=caf\xe9 \xff"
    comment = struct.pack("<II", 0, 1) + struct.pack("<I", len(latin)) + latin
    block = b"\4" + len(comment).to_bytes(3, "big") + comment
    assert_is_tone(decoded(plain[:42] + block + plain[42:]))


def test_a_variable_bit_rate_mp3_without_its_header_is_read_whole() -> None:
    data = encode(TONE, 16_000, "mp3", "libmp3lame")
    assert b"Xing" in data or b"Info" in data
    first = data.index(b"\xff")  # the frame that holds that header; the next one is audio
    second = data.index(data[first : first + 2], first + 1)
    assert len(decoded(data[second:])) == pytest.approx(32_000, abs=4_000)


def test_recordings_one_after_the_other_in_one_ogg_are_all_read() -> None:
    once = written(TONE, form="OGG", kind="VORBIS")
    assert len(decoded(once + once)) == pytest.approx(64_000, abs=2_000)


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("WAV", ""),
        ("W64", ""),
        ("AIFF", ""),
        ("AU", ""),
        ("CAF", ""),
        ("FLAC", ""),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_a_file_that_is_cut_off_gives_what_is_there(form: str, kind: str) -> None:
    data = written(NOISE, form=form, kind=kind)
    assert 40_000 < len(decoded(data[: len(data) // 2])) < 90_000


def test_a_flac_that_does_not_know_its_length_is_read_whole() -> None:
    data = bytearray(written(TONE, form="FLAC"))
    data[21] &= 0xF0  # 36 bits of the number of samples, here 0 for unknown (RFC 9639, 8.2)
    data[22:26] = bytes(4)
    assert len(decoded(bytes(data))) == len(TONE)


def test_an_m4a_with_its_index_at_the_end_is_read() -> None:
    data = encode(TONE, 16_000, "ipod", "aac")
    assert data.index(b"mdat") < data.index(b"moov")
    assert_is_tone(decoded(data))


def test_an_mp4_in_fragments_is_read() -> None:
    flags = "frag_keyframe+empty_moov"
    assert_is_tone(decoded(encode(TONE, 16_000, "mp4", "aac", movflags=flags)))


def test_a_webm_without_a_duration_is_read_whole() -> None:
    data = encode(TONE, 48_000, "webm", "libopus", live="1")
    assert len(decoded(data)) == pytest.approx(len(TONE) / 3, abs=100)


def test_a_phone_recording_in_amr_is_read() -> None:
    frame = b"\x3c" + bytes(31)  # 12.2 kbit/s, 20 ms (RFC 4867, 5.3)
    assert len(decoded(b"#!AMR\n" + 50 * frame)) == 16_000


@pytest.mark.parametrize(
    ("form", "channels"),
    [("FLAC", 6), ("FLAC", 8), ("WAV", 9), ("WAV", 16), ("OGG", 8), ("OGG", 12)],
)
def test_each_of_many_channels_is_found(form: str, channels: int) -> None:
    levels = np.arange(1, channels + 1, dtype=np.float32) / np.float32(32)
    data = bytearray(written(levels[None].repeat(5_000, axis=0), form=form))
    if form == "WAV":
        place = data.index(b"data") + 4
        data[place : place + 4] = bytes(4)  # a length of 0 for unknown: read by FFmpeg
    found = [decoded(bytes(data), channel)[2_500] for channel in range(channels)]
    # Vorbis has an order of its own up to eight channels.
    np.testing.assert_allclose(sorted(found), levels, atol=0.01)


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])
@pytest.mark.parametrize("rates", [(16_000, 44_100), (44_100, 16_000)])
def test_a_change_of_rate_within_a_stream_is_followed(
    container: str, codec: str, rates: tuple[int, int]
) -> None:
    both = [encode(tone(2.0, rate), rate, container, codec) for rate in rates]
    samples = decoded(b"".join(both))
    assert len(samples) == pytest.approx(64_000, abs=4_000)
    assert_is_tone(samples[:32_000])
    assert_is_tone(samples[-32_000:])


def test_a_change_of_rate_costs_no_sample() -> None:
    both = [written(tone(2.0, rate), rate, "FLAC") for rate in (44_100, 16_000)]
    assert len(decoded(b"".join(both))) == 64_000


@pytest.mark.parametrize(("parts", "channel"), [((1, 2), "left"), ((2, 1), "right")])
def test_a_change_of_channels_within_a_stream_is_followed(
    parts: tuple[int, int], channel: Channel
) -> None:
    both = [written(np.stack([TONE] * n, axis=1), form="FLAC") for n in parts]
    samples = decoded(b"".join(both), channel)
    assert len(samples) == 64_000
    assert_is_tone(samples[:32_000])
    assert_is_tone(samples[32_000:], tolerance=0.5)  # FFmpeg keeps the power, not the level


def test_a_channel_that_is_missing_later_on_is_silent_there() -> None:
    surround, stereo = (written(np.stack([TONE] * n, axis=1), form="FLAC") for n in (6, 2))
    samples = decoded(surround + stereo, channel=5)
    assert len(samples) == 64_000
    assert_is_tone(samples[:32_000])
    assert not samples[32_000:].any()


@pytest.mark.parametrize(("form", "kind"), [("FLAC", ""), ("MP3", ""), ("OGG", "OPUS")])
def test_what_comes_after_a_damaged_place_is_read(form: str, kind: str) -> None:
    data = bytearray(written(NOISE, form=form, kind=kind))
    place = len(data) // 4
    data[place : place + 50] = b"\x55" * 50
    assert 130_000 < len(decoded(bytes(data))) < 162_000


def test_a_quiet_start_does_not_make_a_file_of_unknown_length_too_long() -> None:
    data = encode(np.concatenate([np.zeros_like(NOISE), NOISE]), 16_000, "adts", "aac")
    limits = DecodeLimits(max_duration_s=25)  # it has 20 s, and its start the bit rate of silence
    assert len(decode_all(io.BytesIO(data), limits)) == pytest.approx(2 * len(NOISE), abs=3_000)
