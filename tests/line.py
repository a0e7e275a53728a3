"""A line to a server on this machine that counts what goes over it, and can be cut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Line:
    """Passes connections on to a port of this machine.

    Attributes:
        to: that port.
        sent: bytes that went to the server so far.
        cut_at: when so many have gone, all connections end, once.
        down: whether new connections end at once.
    """

    to: int
    sent: int = 0
    cut_at: int | None = None
    down: bool = False
    _open: set[socket.socket] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    @property
    def port(self) -> int:
        """Where it begins."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """End all connections."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            if self.down:
                return
            with socket.create_connection(("127.0.0.1", self.to)) as server:
                self._open |= {caller, server}
                back = threading.Thread(target=self._pass_on, args=(server, caller), daemon=True)
                back.start()
                self._pass_on(caller, server, counted=True)
                back.join()
                self._open -= {caller, server}

    def _pass_on(self, one: socket.socket, other: socket.socket, *, counted: bool = False) -> None:
        with suppress(OSError):  # one of them left
            while data := one.recv(2**16):
                if counted:
                    self.sent += len(data)
                if self.cut_at is not None and self.sent >= self.cut_at:
                    self.cut_at = None
                    self.cut()
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
