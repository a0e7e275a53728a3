"""What is no audio, or is made to do harm, ends in a typed error and nothing else."""

from __future__ import annotations

import io
import socket
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.decode import DecodeLimits, allocation, decode, decode_all
from shared.decode.ffmpeg import FFmpegReader
from shared.decode.sniff import Container
from shared.errors import AudioTooLong, DecodeFailed, SpeechError
from tests.shared.audio_files import decoded, encode, tone, wav_with_sizes, written

TONE = tone(seconds=2.0)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"RIFF", b"RIFF\0\0\0\0WAVE", b"\xff\xfb", b"OggS", b"fLaC", b"ID3",
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"\0\0\0\x18ftypM4A ", b"\x1aE\xdf\xa3",
        b"PK\x03\x04" + bytes(100), b"<!DOCTYPE html><html></html>", b"hello, this is no audio",
        b"\x7fELF" + bytes(200), bytes(5_000), b"\xff" * 5_000, b"caff\0\1",
        b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
)  # fmt: skip
def test_what_is_no_audio_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeFailed):
        decoded(data)


PLAYLISTS = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%s\n#EXT-X-ENDLIST\n",
    "m3u": b"%s\n",
    "concat": b"ffconcat version 1.0\nfile '%s'\n",
    "dash": b'<?xml version="1.0"?><MPD><Period><BaseURL>%s</BaseURL></Period></MPD>',
    "pls": b"[playlist]\nFile1=%s\n",
}


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[tuple[list[bytes], socket.socket]]:
    """Addresses of a readable recording and of a listening server, and that server."""
    recording = tmp_path / "bait.wav"
    recording.write_bytes(written(TONE))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        here = f"http://127.0.0.1:{server.getsockname()[1]}/bait.wav"
        yield [str(recording).encode(), recording.as_uri().encode(), here.encode()], server


@pytest.mark.parametrize("playlist", PLAYLISTS.values(), ids=PLAYLISTS)
@pytest.mark.parametrize("front", [b"", b"ID3\x03\0\0\0\0\0\0", b"\0\0\0\x08free"])
def test_a_playlist_opens_nothing(
    playlist: bytes, front: bytes, bait: tuple[list[bytes], socket.socket], tmp_path: Path
) -> None:
    addresses, server = bait
    for address in addresses:
        disguised = tmp_path / "upload.wav"
        disguised.write_bytes(front + playlist % address)
        with disguised.open("rb") as file, pytest.raises(DecodeFailed):
            decode_all(file)
    with pytest.raises(BlockingIOError):  # nobody called
        server.accept()


@pytest.mark.parametrize("container", get_args(Container))
@pytest.mark.parametrize("playlist", PLAYLISTS.values(), ids=PLAYLISTS)
def test_no_demuxer_takes_a_playlist_for_its_own(
    container: Container, playlist: bytes, bait: tuple[list[bytes], socket.socket]
) -> None:
    addresses, server = bait
    for address in addresses:
        with suppress(DecodeFailed):
            assert not list(FFmpegReader(io.BytesIO(playlist % address), container))
    with pytest.raises(BlockingIOError):
        server.accept()


UNREADABLE = {
    "text": b"hello",
    "wav": written(TONE)[:30],
    "mp4": encode(TONE, 16_000, "mp4", "aac")[:-200],
    "ogg": written(TONE, form="OGG")[:100],
}


@pytest.mark.parametrize(("name", "data"), UNREADABLE.items(), ids=UNREADABLE)
def test_an_error_tells_nothing_about_the_machine(
    name: str, data: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"secret-{name}"
    path.write_bytes(data)
    with path.open("rb") as file, pytest.raises(DecodeFailed) as caught:
        decode_all(file)
    message = str(caught.value)
    assert message.startswith("decode_failed: ")
    for leak in ("secret", str(tmp_path), "libsndfile", "soundfile", "Errno", "object at", "av."):
        assert leak not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert capfd.readouterr() == ("", "")


def test_offsets_that_lead_out_of_a_file_are_not_reported_on_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    aiff = bytearray(written(TONE, form="AIFF"))
    aiff[aiff.index(b"SSND")] = 0
    assert len(decoded(bytes(aiff))) == 0
    assert capfd.readouterr() == ("", "")


def test_damaged_mp3_in_a_wav_is_not_reported_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(encode(TONE, 16_000, "wav", "libmp3lame"))
    data[1_000:1_500] = b"\x55" * 500
    assert len(decoded(bytes(data))) > 16_000
    assert capfd.readouterr() == ("", "")


def test_a_chain_of_files_does_not_blow_up_a_low_rate() -> None:
    high, low = written(tone(0.5, 384_000), 384_000, "FLAC"), written(TONE, 4_000, "FLAC")
    assert len(decoded(low)) == 4 * len(TONE)
    assert len(decoded(high + low)) == 8_000


@pytest.mark.parametrize("data", [written(TONE), written(TONE, form="FLAC"), b"none"])
def test_the_file_stays_open(data: bytes) -> None:
    file = io.BytesIO(data)
    try:
        decode_all(file)
    except DecodeFailed:
        assert data == b"none"
    blocks = decode(file, block_s=0.5)
    if data != b"none":
        next(blocks)
    blocks.close()  # type: ignore[attr-defined]  # a generator's, and decode is one
    assert not file.closed


def unknown_length(flac: bytes) -> bytes:
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


def test_a_header_beyond_the_bound_is_refused_before_anything_is_decoded() -> None:
    data = written(TONE, form="FLAC")
    with pytest.raises(AudioTooLong):
        next(decode(io.BytesIO(data), DecodeLimits(max_duration_s=1.5), block_s=0.1))


def test_a_file_of_unknown_length_is_decoded_no_further_than_the_bound() -> None:
    data = unknown_length(written(TONE, form="FLAC"))
    blocks = decode(io.BytesIO(data), DecodeLimits(max_duration_s=1.5), block_s=0.25)
    assert [len(next(blocks)) for _ in range(5)] == [4_000] * 5
    with pytest.raises(AudioTooLong):
        next(blocks)


def python(program: str, data: bytes = b"") -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout.decode()


MEASURE = """
import contextlib, io, re, sys
from pathlib import Path
from shared.decode import decode_all
from shared.errors import SpeechError
def peak():
    status = Path("/proc/self/status").read_text()
    return int(re.search("VmHWM: *\\t* *([0-9]+) kB", status)[1]) // 1024
decode_all(io.BytesIO(sys.stdin.buffer.read(%d)))
before = peak()
with contextlib.suppress(SpeechError):
    decode_all(io.BytesIO(sys.stdin.buffer.read()))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_the_pictures_of_a_video_are_not_decoded() -> None:
    small = encode(TONE, 16_000, "mp4", "aac", video="libx264")
    large = encode(TONE, 16_000, "mp4", "aac", video="libx264", side=4_096)
    grown_mb = int(python(MEASURE % len(small), small + large))
    assert grown_mb < 16, "one picture has 25 MB"


def test_a_library_is_loaded_only_for_files_that_need_it() -> None:
    loaded = "print(*sorted({'av', 'soxr', 'soundfile'} & set(sys.modules)))"
    assert python(f"import sys, shared.decode; {loaded}") == "\n"
    read = "decode_all(io.BytesIO(sys.stdin.buffer.read()))"
    program = f"import io, sys; from shared.decode import decode_all; {read}; {loaded}"
    assert python(program, written(TONE)) == "soundfile\n"


def test_hours_of_silence_in_a_small_file_need_little_memory() -> None:
    file = io.BytesIO()
    minute = np.zeros(16_000 * 60, np.int16)
    with soundfile.SoundFile(file, "w", 16_000, 1, format="FLAC") as sound:
        for _ in range(60):
            sound.write(minute)
    file.seek(0)
    tracemalloc.start()
    samples = sum(len(block) for block in decode(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples == 16_000 * 3_600
    assert peak < 20e6, "an hour of float32 would be 230 MB"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF", b"OggS", b"fLaC", b"\xff\xfb\x90"]))
def test_any_bytes_end_in_audio_or_a_typed_error(data: bytes, magic: bytes) -> None:
    try:
        decoded(magic + data)
    except SpeechError as error:
        assert error.code in {"decode_failed", "audio_too_long"}  # noqa: PT017 - either is right


DAMAGED = {
    form: written(TONE[:8_000], form=form, kind=kind)
    for form, kind in (("WAV", ""), ("FLAC", ""), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"))
} | {"MP4": encode(TONE[:8_000], 16_000, "mp4", "aac")}


@pytest.mark.parametrize("form", sorted(DAMAGED))
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_ends_in_audio_or_a_typed_error(form: str, data: st.DataObject) -> None:
    damaged = bytearray(DAMAGED[form])
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(damaged)))
    try:
        decoded(bytes(damaged[:end]))
    except SpeechError as error:
        assert error.code in {"decode_failed", "audio_too_long"}  # noqa: PT017 - either is right


def list_of_tags(place: int) -> bytes:
    """A WAV of unknown length, which is left to FFmpeg, with a list of tags of 1.6 GB, it says."""
    sound = wav_with_sizes(tone(0.1), riff=None, data=0)
    tags = b"LIST" + struct.pack("<I", 0x5FFFFFFF) + b"INFOISFT" + struct.pack("<I", 0x5FFFFFF0)
    return sound[:place] + tags + bytes(1_000) + sound[place:]


def compressed_picture() -> bytes:
    """An MP3 whose tag holds a picture of 200 MB in 200 kB."""

    def syncsafe(number: int) -> bytes:
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

    picture = zlib.compress(b"\0image/png\0\3\0" + bytes(200_000_000), 1)
    frame = b"APIC" + syncsafe(4 + len(picture)) + b"\0\x09" + syncsafe(200_000_000) + picture
    tag = b"ID3\4\0\0" + syncsafe(len(frame)) + frame
    return tag + written(TONE, form="MP3", kind="MPEG_LAYER_III")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(
    "bomb",
    [lambda: list_of_tags(12), lambda: list_of_tags(36), compressed_picture],
    ids=["tags-first", "tags-later", "picture"],
)
def test_what_a_small_file_claims_does_not_cost_memory(bomb: Callable[[], bytes]) -> None:
    usual, data = encode(TONE, 16_000, "mp4", "aac"), bomb()
    grown_mb = int(python(MEASURE % len(usual), usual + data))
    assert grown_mb < 16


def test_the_bound_on_memory_is_really_set() -> None:
    assert allocation.bound_allocations()
