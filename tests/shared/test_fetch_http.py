"""Downloads from a scripted server on this machine: what is accepted, refused and tried again."""

from __future__ import annotations

import errno
import gzip
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from itertools import pairwise
from tempfile import SpooledTemporaryFile

import pytest

from shared.errors import AudioTooLarge, FetchFailed, InternalError, SpeechError
from shared.fetch import FetchPolicy, addresses, open_url, transfer

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
            scripts = self.scripts[request.split()[1].decode().partition("?")[0]]
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
            script(connection) if callable(script) else connection.sendall(script)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(transfer, "BACKOFF_S", 0.001)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener)
        threading.Thread(target=server.run, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


LOCAL = FetchPolicy(
    allow_http=True,
    allow_private=True,
    max_bytes=10_000,
    deadline_s=30,
    resolver=lambda _host, _port: ["127.0.0.1"],
)
IMPATIENT = replace(LOCAL, deadline_s=0.3)


@pytest.fixture
def refused(caplog: pytest.LogCaptureFixture) -> Callable[..., SpeechError]:
    """Fetch in vain; whatever the fault, neither the error nor the log gives anything away."""
    caplog.set_level(logging.DEBUG)

    def fetch(url: str, policy: FetchPolicy = LOCAL) -> SpeechError:
        with pytest.raises(SpeechError) as error:
            open_url(url, policy).close()
        for hidden in (*HIDDEN, *policy.resolver("", 0)):
            assert hidden not in str(error.value)
            assert hidden not in caplog.text
        assert error.value.__suppress_context__ or error.value.__context__ is None
        return error.value

    return fetch


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


@pytest.mark.parametrize(
    "answer",
    {
        "with a length": reply(),
        "until the connection ends": reply(length=None),
        "in chunks": CHUNKED + b"400\r\n" + AUDIO[:1024] + b"\r\n400;x=y\r\n" + AUDIO[1024:]
        + b"\r\n0\r\nTrailer: x\r\n\r\n",
        "with the identity encoding": reply("200 OK", AUDIO, "Content-Encoding: identity"),
        "longer than its length": reply(body=AUDIO + b"more", length=len(AUDIO)),
        "after 100 Continue": b"HTTP/1.1 100 Continue\r\n\r\n" + reply(),
        "in HTTP/1.0": reply().replace(b"HTTP/1.1", b"HTTP/1.0"),
    }.items(),
    ids=lambda case: case[0],
)  # fmt: skip
def test_a_body_is_delivered(server: Server, answer: tuple[str, bytes]) -> None:
    assert fetched(server.url(answer[1])) == AUDIO


def test_a_body_too_big_for_memory_goes_to_disk(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "IN_MEMORY_BYTES", 100)
    assert fetched(server.url(reply())) == AUDIO


def test_the_request_says_who_asks_and_carries_nothing_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://user:secret@127.0.0.1:9")
    server.url(reply(), path="/%C3%A4%20b")
    fetched(f"http://Audio.Example.:{server.port}/\u00e4%20b?q=%2f/../#part")
    assert server.requests[0].split("\r\n") == [
        "GET /%C3%A4%20b?q=%2F/../ HTTP/1.1",
        f"Host: audio.example:{server.port}",
        "User-Agent: speech-service/1",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
        "",
        "",
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Server, status: int) -> None:
    url = server.url(reply(), path="/there")
    relative = server.url(redirect("there", status), path="/relative")
    assert fetched(relative) == AUDIO
    assert fetched(server.url(redirect(url, status), path="/absolute")) == AUDIO


def test_a_redirect_may_hold_unescaped_utf8(server: Server) -> None:
    server.url(reply(), path="/%E4%BE%8B.wav")
    assert fetched(server.url(redirect("/\u4f8b.wav"))) == AUDIO


def test_as_many_redirects_as_allowed_are_followed_and_no_more(
    server: Server, refused: Refused
) -> None:
    for here, there in pairwise("abcdefg"):
        server.url(redirect(there), path=f"/{here}")
    start = server.url(redirect("c"), path="/b")
    server.url(reply(), path="/g")
    assert fetched(start) == AUDIO
    error = refused(start.replace("/b?", "/a?"))
    assert "redirects too often" in error.message


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/secret",
        "gopher://audio.example/",
        "ftp://audio.example/",
        "data:audio/wav;base64,QUJD",
        "//user:secret@audio.example/",
        "http://[secret/",
        "http://exa*mple/",
        "http://:80/",
    ],
)
def test_a_redirect_to_what_no_caller_may_ask_for_fails(
    server: Server, refused: Refused, location: str
) -> None:
    error = refused(server.url(redirect(location)))
    assert error.message == "http://audio.example redirects to a URL that is not allowed"
    assert len(server.requests) == 1


def test_a_redirect_without_location_fails(server: Server, refused: Refused) -> None:
    assert "redirects to nowhere" in refused(server.url(reply("302 Found", b""))).message


def only_refusing(monkeypatch: pytest.MonkeyPatch, *networks: str) -> None:
    monkeypatch.setattr(addresses, "REFUSED", tuple(map(ip_network, networks)))


@pytest.mark.parametrize("place", ["10.0.0.1", "[::1]", "169.254.169.254", "0xa9fea9fe"])
def test_a_redirect_to_a_private_address_is_refused(
    server: Server, refused: Refused, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    only_refusing(monkeypatch, "10.0.0.0/8", "169.254.0.0/16", "::/3")  # so the server is public

    def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host in {"audio.example", ""} else addresses.resolve(host, port)

    policy = replace(
        LOCAL, allow_private=False, ports=frozenset({server.port, 80}), resolver=resolver
    )
    error = refused(server.url(redirect(f"http://{place}/latest")), policy)
    assert "does not lead to a public address" in error.message
    assert not error.retryable
    assert place not in str(error)


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_refusing(monkeypatch, "10.0.0.0/8")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    policy = replace(
        LOCAL,
        allow_private=False,
        ports=frozenset({server.port}),
        resolver=lambda _host, _port: next(answers),
    )
    assert fetched(server.url(reply()), policy) == AUDIO
    assert next(answers) == ["10.0.0.1"]  # the name was looked up once


def test_the_address_that_was_reached_is_checked_too(
    server: Server, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_refusing(monkeypatch, "127.0.0.0/8")  # on Linux 0.0.0.0 leads to 127.0.0.1
    policy = replace(
        LOCAL,
        allow_private=False,
        ports=frozenset({server.port}),
        resolver=lambda _host, _port: ["0.0.0.0"],
    )
    assert "public address" in refused(server.url(reply()), policy).message
    assert server.requests == []


def test_the_next_address_is_tried_when_one_does_not_connect(server: Server) -> None:
    policy = replace(LOCAL, resolver=lambda _host, _port: ["127.0.0.2", "::1", "127.0.0.1"])
    assert fetched(server.url(reply()), policy) == AUDIO


@pytest.mark.parametrize(
    ("status", "tries", "retryable"),
    [
        ("204 No Content", 1, False),
        ("206 Partial Content", 1, False),
        ("300 Multiple Choices", 1, False),
        ("304 Not Modified", 1, False),
        ("401 Unauthorized", 1, False),
        ("403 Forbidden", 1, False),
        ("404 Not Found", 1, False),
        ("416 Range Not Satisfiable", 1, False),
        ("429 Too Many Requests", 3, True),
        ("500 Internal Server Error", 1, True),
        ("502 Bad Gateway", 3, True),
        ("503 Service Unavailable", 3, True),
        ("504 Gateway Timeout", 3, True),
    ],
)
def test_a_status_other_than_200_fails_and_is_named(
    server: Server, refused: Refused, status: str, tries: int, retryable: bool
) -> None:
    error = refused(server.url(reply(status, b"" if status < "300" else b"no")))
    assert error.message.startswith(f"http://audio.example answered with status {status[:3]};")
    assert (len(server.requests), error.retryable) == (tries, retryable)


def test_a_server_that_recovers_in_time_delivers(server: Server) -> None:
    assert fetched(server.url(reply("503 Busy"), reply("429 Slow"), reply())) == AUDIO


def test_a_refused_connection_is_retryable(server: Server, refused: Refused) -> None:
    url = server.url(reply())
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = refused(url.replace(str(server.port), str(port)))
    assert "cannot be reached" in error.message
    assert error.retryable


@pytest.mark.parametrize(
    "answer",
    {
        "shorter than its length": reply(length=len(AUDIO) + 1),
        "cut inside a chunk": CHUNKED + b"800\r\n" + AUDIO[:100],
        "cut between chunks": CHUNKED + b"400\r\n" + AUDIO[:1024] + b"\r\n",
        "with a broken chunk size": CHUNKED + b"secret\r\n" + AUDIO,
        "reset inside the body": reset(reply(length=9000)),
        "reset before the answer": reset(b""),
        "closed before the answer": b"",
    }.items(),
    ids=lambda case: case[0],
)
def test_an_answer_that_breaks_off_fails_and_may_be_asked_for_again_by_the_caller(
    server: Server, refused: Refused, answer: tuple[str, Script]
) -> None:
    error = refused(server.url(answer[1]))
    assert "broke off before the audio was whole" in error.message
    assert error.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2 secret\r\n",
        b"HTTP/1.1 abc secret\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"secret" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: secret\r\n" * 200 + b"\r\n",
        reply("200 OK", AUDIO, "Content-Length: 5", length=6),
    ],
    ids=["SSH", "no status", "long header", "many headers", "two lengths"],
)
def test_an_answer_that_is_not_http_fails(server: Server, refused: Refused, answer: bytes) -> None:
    error = refused(server.url(answer))
    assert "not valid HTTP" in error.message
    assert not error.retryable


def test_malformed_headers_do_not_bring_the_url_into_the_log(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    fetched(server.url(reply("200 OK", AUDIO, "no colon", "Content-Type: audio/wav", length=None)))
    assert "secret" not in caplog.text


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "x", "gzip, identity"])
def test_compressed_content_is_refused_unread(
    server: Server, refused: Refused, encoding: str
) -> None:
    bomb = gzip.compress(bytes(1_000_000))
    error = refused(server.url(reply("200 OK", bomb, f"Content-Encoding: {encoding}")))
    assert "compressed" in error.message


def test_a_transfer_coding_other_than_chunked_is_refused(server: Server, refused: Refused) -> None:
    answer = CHUNKED.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n"
    assert "transfer coding" in refused(server.url(answer)).message


@pytest.mark.parametrize(
    "answer",
    {
        "announced": reply(body=b"", length=10_001),
        "unannounced": reply(body=bytes(10_001), length=None),
        "endless": lambda connection: [
            connection.sendall(reply(length=None)),
            *iter(lambda: connection.sendall(bytes(65536)), 1),
        ],
        "in chunks": CHUNKED + b"2711\r\n" + bytes(10_001) + b"\r\n0\r\n\r\n",
        "one huge chunk": CHUNKED + b"ffffffffffff\r\n" + bytes(300_000),
    }.items(),
    ids=lambda case: case[0],
)
def test_more_bytes_than_allowed_are_too_large(
    server: Server, refused: Refused, answer: tuple[str, Script]
) -> None:
    error = refused(server.url(answer[1]))
    assert isinstance(error, AudioTooLarge)
    assert not error.retryable


def test_as_many_bytes_as_allowed_are_accepted(server: Server) -> None:
    assert len(fetched(server.url(reply(body=bytes(10_000))))) == 10_000


@pytest.mark.parametrize(
    "script",
    {
        "silence": silence,
        "status line": drip(b"H" * 50),
        "headers": drip(b"X: y\r\n", b"HTTP/1.1 200 OK\r\n"),
        "100 Continue": drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "body": drip(b"\0", reply(length=9000)),
        "body without length": drip(b"\0", reply(length=None)),
        "chunk size": drip(b"0", CHUNKED),
        "chunks": drip(b"1\r\n\0\r\n", CHUNKED),
        "trailer": drip(b"X: y\r\n", CHUNKED + b"0\r\n"),
        "redirect": drip(b"X: y\r\n", b"HTTP/1.1 302 Found\r\nLocation: /secret-path\r\n"),
    }.items(),
    ids=lambda case: case[0],
)
def test_a_server_that_keeps_the_worker_waiting_is_left_at_the_deadline(
    server: Server, refused: Refused, script: tuple[str, Script]
) -> None:
    error = refused(server.url(script[1]), IMPATIENT)
    assert "in time; try again later" in error.message
    assert error.retryable


def test_a_silent_server_is_asked_again_within_the_deadline(server: Server) -> None:
    policy = replace(LOCAL, read_timeout_s=0.3)
    assert fetched(server.url(silence, reply()), policy) == AUDIO
    assert fetched(server.url(silence, silence, reply()), policy) == AUDIO


def test_a_redirect_loop_ends_at_the_deadline(server: Server, refused: Refused) -> None:
    def slowly(connection: socket.socket) -> None:
        threading.Event().wait(0.05)
        connection.sendall(redirect("/secret-path"))

    error = refused(server.url(slowly), replace(IMPATIENT, max_redirects=1000))
    assert "in time; try again later" in error.message


def test_a_resolver_that_hangs_is_left_at_the_deadline(server: Server) -> None:
    def resolver(_host: str, _port: int) -> list[str]:
        threading.Event().wait(1)
        return ["127.0.0.1"]

    with pytest.raises(FetchFailed, match="was not found in time") as error:
        open_url(server.url(reply()), replace(IMPATIENT, resolver=resolver))
    assert error.value.retryable


def test_a_full_disk_is_an_error_of_the_worker(
    server: Server, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(SpooledTemporaryFile[bytes]):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device", "/tmp/secret")  # noqa: S108

    monkeypatch.setattr(transfer, "SpooledTemporaryFile", Full)
    assert isinstance(refused(server.url(reply())), InternalError)
