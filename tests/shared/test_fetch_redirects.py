"""Where a URL leads is checked at every step, and never left to a later look-up."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from itertools import pairwise

import pytest

from shared.fetch import addresses
from tests.shared.scripted_server import (
    AUDIO,
    LOCAL,
    Refused,
    Server,
    fetched,
    redirect,
    reply,
)


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
