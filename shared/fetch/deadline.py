"""One end for everything that waits on the network.

A socket's timeout starts anew with each byte, so a server that sends one byte at a time can hold a
reader for ever. Here each wait is given no more than what is left of the whole.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

T = TypeVar("T")


class Deadline:
    """A point in time on the monotonic clock."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool] = bool) -> None:
        """Set the deadline ``seconds`` from now, or to the moment ``cancelled`` says True."""
        self._end = time.monotonic() + seconds
        self._cancelled = cancelled

    @property
    def remaining(self) -> float:
        """Seconds left; not positive once the deadline has passed."""
        return 0.0 if self._cancelled() else self._end - time.monotonic()

    def left(self, at_most: float) -> float:
        """Seconds left, no more than ``at_most``.

        Raises:
            TimeoutError: none is left.
        """
        remaining = self.remaining
        if remaining <= 0:
            raise TimeoutError
        return min(remaining, at_most)

    def run(self, work: Callable[[], T], at_most: float) -> T:
        """Run ``work``, which knows no timeout of its own; abandon it when time is up.

        Raises:
            TimeoutError: the work took too long. Its thread ends whenever the work does.
        """
        outcome: Future[T] = Future()

        def body() -> None:
            try:
                outcome.set_result(work())
            except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
                outcome.set_exception(error)

        threading.Thread(target=body, daemon=True).start()
        return outcome.result(self.left(at_most))


class BoundedSocket:
    """A connected socket whose reads all end by a deadline.

    Offers what ``http.client`` uses of a socket.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline, read_timeout_s: float) -> None:
        """Bound the reads of ``sock``, each also by ``read_timeout_s`` seconds."""
        self._sock = sock
        self._deadline = deadline
        self._read_timeout_s = read_timeout_s

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give a buffered reader; the socket stays open until both are closed."""
        return io.BufferedReader(_BoundedReads(self._sock, self._deadline, self._read_timeout_s))

    def __getattr__(self, name: str) -> object:
        """Pass everything else on to the socket."""
        return getattr(self._sock, name)


class _BoundedReads(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline, read_timeout_s: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self._read_timeout_s = read_timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._sock.settimeout(self._deadline.left(self._read_timeout_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
