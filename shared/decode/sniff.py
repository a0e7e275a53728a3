"""Tells a file's container from its first bytes.

Only what is named here is ever opened, so a playlist or a script that calls itself audio is not:
FFmpeg's own guessing would follow such a file to others.
"""

from __future__ import annotations

from typing import BinaryIO, Literal

Container = Literal[
    "wav", "w64", "aiff", "au", "caf", "flac", "mov", "matroska", "ogg", "mp3", "aac", "amr"
]

_HEAD = 64
_LAST_TAG_AT = 1 << 20  # no file has more tags than fit here, unless it is made to keep us busy
_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_PLAIN: tuple[tuple[bytes, Container], ...] = (
    (b"fLaC", "flac"),
    (b".snd", "au"),
    (b"caff", "caf"),
    (_W64, "w64"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"OggS", "ogg"),
    (b"#!AMR", "amr"),
)
_ATOMS = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}


def container_of(file: BinaryIO) -> Container | None:
    """How to read a file; None when it is no audio container.

    Args:
        file: seekable; it is left at its beginning.
    """
    head = _at(file, 0)
    # Tags in front of the audio: MP3, AAC and FLAC files all come with them.
    offset = 0
    while head[:3] == b"ID3" and len(head) >= 10 and offset < _LAST_TAG_AT:
        offset += 10 + _syncsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)
        head = _at(file, offset)
    file.seek(0)
    # Behind a tag there may be any amount of padding, and what stands there is MP3 by far the most.
    return _match(head) or ("mp3" if offset else None)


def _at(file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)
    return file.read(_HEAD)


def _syncsafe(digits: bytes) -> int:
    """An ID3v2 size: 28 bits in the lower seven of four bytes (id3.org, ID3v2.4 section 6.2)."""
    return sum((digit & 0x7F) << shift for digit, shift in zip(digits, (21, 14, 7, 0), strict=True))


def _match(head: bytes) -> Container | None:
    for magic, container in _PLAIN:
        if head.startswith(magic):
            return container
    if head[:4] in {b"RIFF", b"RIFX", b"RF64"} and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    if head[4:8] in _ATOMS:
        return "mov"
    return _match_mpeg(head)


def _match_mpeg(head: bytes) -> Container | None:
    """A bare MPEG audio frame: eleven set bits, then version, layer, bit rate and sample rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer = head[1] >> 1 & 3
    if layer == 0:  # layer 0 belongs to AAC in an ADTS stream, whose sync word has twelve bits
        return "aac" if head[1] & 0xF0 == 0xF0 and head[2] >> 2 & 0xF < 13 else None
    return "mp3" if head[2] >> 4 != 0xF and head[2] >> 2 & 3 != 3 else None
