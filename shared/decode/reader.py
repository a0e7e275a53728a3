"""What a reader of audio files offers, whichever library is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from shared.audio import Block


class Reader(Protocol):
    """An opened file; it yields parts of shape (frames, channels), full scale 1.0."""

    @property
    def rate(self) -> int:
        """Frames per second."""

    @property
    def channels(self) -> int:
        """Channels."""

    @property
    def duration_s(self) -> float | None:
        """Seconds, as the header has it; None where it does not say."""

    def __iter__(self) -> Iterator[Block]:
        """The parts, in order."""

    def close(self) -> None:
        """Release the library's resources; the file itself stays open."""
