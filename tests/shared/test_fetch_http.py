"""A whole file over plain HTTP, or an error that says what to do."""

from __future__ import annotations

import gzip
import socket
from dataclasses import replace

import pytest

from shared.errors import AudioTooLarge
from shared.fetch import transfer
from tests.shared.scripted_server import (
    AUDIO,
    CHUNKED,
    LOCAL,
    Refused,
    Script,
    Server,
    fetched,
    reply,
    reset,
)


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
