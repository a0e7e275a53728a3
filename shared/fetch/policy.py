"""The limits of a fetch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import AudioTooLarge
from shared.fetch.addresses import resolve


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What a fetch may take and where it may go.

    Attributes:
        max_bytes: largest audio file, in bytes.
        deadline_s: seconds for the whole fetch, with name look-ups, redirects and retries.
        read_timeout_s: seconds to connect, and between two arrivals of data.
        max_redirects: redirects followed before the fetch fails.
        allow_http: accept ``http`` too, also as the target of a redirect from ``https``.
        allow_private: accept every address and port. For tests and work on one machine only.
        ports: ports accepted while ``allow_private`` is off.
        cancelled: asked now and then; once it says True the fetch gives up.
        resolver: maps host and port to the texts of IP addresses; raises ``OSError`` if it cannot.
    """

    max_bytes: int = 2 * 1024**3
    deadline_s: float = 120.0
    read_timeout_s: float = 15.0
    max_redirects: int = 5
    allow_http: bool = False
    allow_private: bool = False
    ports: frozenset[int] = frozenset({443, 80})
    cancelled: Callable[[], bool] = bool
    resolver: Callable[[str, int], list[str]] = resolve

    def too_large(self) -> AudioTooLarge:
        """Make the error for audio above ``max_bytes``."""
        return AudioTooLarge(
            f"the audio has more than {self.max_bytes:,} bytes, the most this service accepts; "
            "send a shorter or compressed file"
        )
