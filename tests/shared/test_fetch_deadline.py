"""Whatever a server does, a fetch ends in time; whatever fails here is told apart from it."""

from __future__ import annotations

import errno
import socket
import threading
from dataclasses import replace
from tempfile import SpooledTemporaryFile

import pytest

from shared.errors import FetchFailed, InternalError
from shared.fetch import open_url, transfer
from tests.shared.scripted_server import (
    AUDIO,
    CHUNKED,
    IMPATIENT,
    LOCAL,
    Refused,
    Script,
    Server,
    drip,
    fetched,
    redirect,
    reply,
    silence,
)


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


def test_a_fetch_nobody_waits_for_any_more_gives_up(server: Server, refused: Refused) -> None:
    gone = threading.Event()
    server_url = server.url(drip(b"x", reply(body=b"", length=5_000)))
    threading.Timer(0.1, gone.set).start()
    error = refused(server_url, replace(LOCAL, cancelled=gone.is_set))
    assert isinstance(error, FetchFailed)
