"""The recordings that the page has handed over, in a folder of their own while the program runs."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import anyio
from anyio import to_thread

from playground.peaks import Peaks, peaks_of
from playground.stretches import stretch_of
from speech_endpoints.vendored.shared.errors import AudioTooLarge, InvalidInput

MOST_BYTES = 2**31  # of one recording, as the services have it
KEPT_BYTES = 2**32  # of all; the oldest go first
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording.

    Attributes:
        id: names it to the page.
        name: its file's, where it came from.
        path: where it is here.
        size: in bytes.
        peaks: its waveform.
    """

    id: str
    name: str
    path: Path
    size: int
    peaks: Peaks

    @property
    def stem(self) -> str:
        """Its name without what comes after the last dot."""
        return Path(self.name).stem or "recording"


class Recordings:
    """Those that are kept.

    Args:
        folder: theirs alone.
        most_bytes: of one.
        kept_bytes: of all.
    """

    def __init__(
        self, folder: Path, most_bytes: int = MOST_BYTES, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._folder, self._most, self._kept = folder, most_bytes, kept_bytes
        self._held: dict[str, Recording] = {}

    @classmethod
    @contextmanager
    def opened(cls, most_bytes: int = MOST_BYTES) -> Iterator[Self]:
        """A folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="speech-playground-") as folder:
            yield cls(Path(folder), most_bytes)

    async def add(self, name: str, content: AsyncIterable[bytes]) -> Recording:
        """Take a recording over.

        Raises:
            AudioTooLarge: it has too many bytes, or too many seconds.
            DecodeFailed: it is no audio that can be read.
        """
        # A name is shown and saved under, and never a path here.
        name = Path(name.replace("\\", "/")).name[-_LONGEST_NAME:] or "recording"
        number = secrets.token_urlsafe(12)
        path = self._folder / number
        try:
            size = await self._write(path, content)
            peaks = await to_thread.run_sync(peaks_of, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._held[number] = Recording(number, name, path, size, peaks)
        self._make_room()
        return self._held[number]

    async def cut(self, number: str, name: str, start_s: float, end_s: float) -> Recording:
        """Take a stretch of a recording over as one of its own.

        Raises:
            InvalidInput: there is no such recording, or it has no such stretch.
        """
        data = await to_thread.run_sync(stretch_of, self.get(number).path, start_s, end_s)

        async def content() -> AsyncIterator[bytes]:
            yield data

        return await self.add(f"{name}.flac", content())

    def get(self, number: object) -> Recording:
        """One that is there.

        Raises:
            InvalidInput: it is not.
        """
        if isinstance(number, str) and (found := self._held.get(number)):
            return found
        raise InvalidInput("the recording is not here any more; choose it again")

    async def _write(self, path: Path, content: AsyncIterable[bytes]) -> int:
        size = 0
        async with await anyio.open_file(path, "wb") as file:
            async for part in content:
                size += len(part)
                if size > self._most:
                    raise AudioTooLarge(f"a recording has at most {self._most} bytes")
                await file.write(part)
        if not size:
            raise InvalidInput("the file is empty")
        return size

    def _make_room(self) -> None:
        newest = list(self._held)[-1]
        for number in list(self._held):
            if number != newest and sum(one.size for one in self._held.values()) > self._kept:
                self._held.pop(number).path.unlink(missing_ok=True)
