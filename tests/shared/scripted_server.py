"""A loopback HTTP server that answers as it is told, and what its tests have in common."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shared.errors import SpeechError
from shared.fetch import FetchPolicy, open_url

AUDIO = bytes(range(256)) * 8
HIDDEN = ("secret", "127.0.0.1", "::1", "/tmp", "0x")  # noqa: S108 - must not be in a message
DRIP_S = 0.02

Script = bytes | Callable[[socket.socket], None]


def reply(
    status: str = "200 OK", body: bytes = AUDIO, *headers: str, length: int | None = -1
) -> bytes:
    """An HTTP/1.1 answer; ``length`` is what Content-Length says, None for no such header."""
    size = len(body) if length == -1 else length
    lines = [f"HTTP/1.1 {status}", *headers, *([] if size is None else [f"Content-Length: {size}"])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: int = 302) -> bytes:
    return reply(f"{status} Found", b"", f"Location: {location}")


@dataclass
class Server:
    """Answers each connection with the next script of the path; the last one stays."""

    listener: socket.socket
    scripts: dict[str, list[Script]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def url(self, *scripts: Script, path: str = "/secret-path", host: str = "audio.example") -> str:
        self.scripts[path] = list(scripts)
        return f"http://{host}:{self.port}{path}?token=secret-query"

    def run(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client left
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += connection.recv(4096)
            self.requests.append(request.decode())
            scripts = self.scripts.get(request.split()[1].decode().partition("?")[0])
            if scripts is None:
                return  # a client of an earlier test, whose server had this port
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
            script(connection) if callable(script) else connection.sendall(script)


LOCAL = FetchPolicy(
    allow_http=True,
    allow_private=True,
    max_bytes=10_000,
    deadline_s=30,
    resolver=lambda _host, _port: ["127.0.0.1"],
)
IMPATIENT = replace(LOCAL, deadline_s=0.3)


Refused = Callable[..., SpeechError]


def fetched(url: str, policy: FetchPolicy = LOCAL) -> bytes:
    with open_url(url, policy) as file:
        assert file.seekable()
        assert file.tell() == 0
        return file.read()


def drip(data: bytes, first: bytes = b"") -> Script:
    """Send ``data`` for ever, a byte at a time."""

    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            for i in range(len(data)):
                connection.sendall(data[i : i + 1])
                threading.Event().wait(DRIP_S)

    return script


def silence(_: socket.socket) -> None:
    threading.Event().wait(1)


def reset(first: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        linger = b"\1\0\0\0\0\0\0\0"  # on, 0 s: close with RST
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    return script


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
