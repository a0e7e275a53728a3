"""Which recordings are meant, and what their results are called."""

from __future__ import annotations

import glob
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from speech_endpoints.audio import Audio

# What a folder is searched for; a file that is named itself may be called anything.
SUFFIXES = {
    ".wav", ".w64", ".aiff", ".aif", ".au", ".caf", ".flac", ".mp3", ".aac", ".m4a", ".mp4", ".mov",
    ".mkv", ".webm", ".ogg", ".oga", ".opus", ".amr",
}  # fmt: skip
STDIN = "-"
_LONGEST_NAME = 60  # characters of a URL's; file systems allow 255 bytes


class NothingThere(Exception):
    """What was named is not there, or holds no audio."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording.

    Attributes:
        source: its path, its URL, or ``-``.
        name: of its result, a relative path without a suffix.
        size: in bytes; 0 if nobody knows.
        version: changes with the file.
    """

    source: str
    name: str
    size: int = 0
    version: str = ""

    @property
    def shown(self) -> str:
        """The source without a URL's user and query, which may be a secret."""
        parts = urlsplit(self.source)
        if parts.scheme not in {"http", "https"}:
            return self.source
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def audio(self) -> Audio:
        """What is sent.

        Raises:
            OSError: standard input cannot be read.
        """
        return sys.stdin.buffer.read() if self.source == STDIN else self.source


def recordings(named: Iterable[str]) -> list[Recording]:
    """The recordings of files, folders, patterns and URLs, each once, in order.

    Raises:
        NothingThere: one of these names nothing.
    """
    found: dict[str, Recording] = {}
    for name in named:
        for recording in _those_of(name):
            found.setdefault(recording.source, recording)
    named_apart = list(found.values())
    for longer in (_whole_name, _own_name):
        taken = Counter(recording.name.casefold() for recording in named_apart)
        named_apart = [
            replace(recording, name=longer(recording))
            if taken[recording.name.casefold()] > 1
            else recording
            for recording in named_apart
        ]
    return named_apart


def _those_of(named: str) -> Iterator[Recording]:
    if named == STDIN:
        yield Recording(STDIN, "stdin")
    elif named.startswith(("https://", "http://")):
        version = hashlib.sha256(named.encode()).hexdigest()[:16]
        name = PurePosixPath(urlsplit(named).path).stem[:_LONGEST_NAME] or "audio"
        yield Recording(named, name, version=version)
    elif Path(named).is_dir():
        inside = sorted(path for path in Path(named).rglob("*") if _is_audio(path))
        if not inside:
            raise NothingThere(f"{named}: no audio in this folder")
        yield from (_file(path, path.relative_to(named)) for path in inside)
    elif Path(named).is_file():
        yield _file(Path(named), Path(Path(named).name))
    else:
        matching = sorted(filter(Path.is_file, map(Path, glob.glob(named, recursive=True))))  # noqa: PTH207 - absolute patterns too
        if not matching:
            raise NothingThere(f"{named}: no such file")
        yield from (_file(path, Path(path.name)) for path in matching)


def _is_audio(path: Path) -> bool:
    hidden = path.name.startswith(".")
    return path.suffix.lower() in SUFFIXES and not hidden and path.is_file()


def _file(path: Path, name: Path) -> Recording:
    there = path.stat()
    return Recording(
        str(path.resolve()), str(name.with_suffix("")), there.st_size,
        f"{there.st_size}-{there.st_mtime_ns}",
    )  # fmt: skip


def _whole_name(recording: Recording) -> str:
    """With its suffix, beside another of the same name: a.wav and a.mp3."""
    return recording.name + Path(urlsplit(recording.source).path).suffix


def _own_name(recording: Recording) -> str:
    """With what stands for its place, beside another of the same name elsewhere."""
    return f"{recording.name}-{hashlib.sha256(recording.source.encode()).hexdigest()[:8]}"
