"""Where a fetch may lead: URLs, names and addresses that must not get through."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import FetchFailed, InvalidInput
from shared.fetch import FetchPolicy, open_audio, open_url
from shared.fetch.addresses import is_refused, resolve

PUBLIC = "93.184.215.14"
SPECIAL_V4 = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
)
SPECIAL_V6 = (
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "1::1",
    "4000::1",
    "e000::1",
)
PRIVATE_HOSTS = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[2002:7f00:1::]",
    "[64:ff9b::7f00:1]",
    "169.254.169.254",
    "0xA9FEA9FE",
    "2852039166",
    "[fd00:ec2::254]",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.168.0.1",
    "10.1",
    "%31%32%37.0.0.1",
)
HTTP = FetchPolicy(allow_http=True, deadline_s=5)


def resolving_to(*addresses: str, policy: FetchPolicy = HTTP) -> FetchPolicy:
    return replace(policy, resolver=lambda _host, _port: list(addresses))


@pytest.mark.parametrize(
    "address",
    [*SPECIAL_V4, *SPECIAL_V6],
)
def test_an_address_that_is_not_public_unicast_is_refused(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111"])
def test_a_public_address_is_accepted(address: str) -> None:
    assert not is_refused(address)


@given(st.ip_addresses())
def test_every_address_that_python_holds_for_special_is_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = not address.is_global or address.is_multicast or address.is_reserved
    assert is_refused(str(address)) or not special


@pytest.mark.parametrize(
    "host",
    PRIVATE_HOSTS,
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_of_a_private_host_gets_through(scheme: str, host: str) -> None:
    with pytest.raises(FetchFailed) as error:
        open_audio(f"{scheme}://{host}/latest/meta-data?token=secret", HTTP)
    assert "public address" in error.value.message or "unknown host" in error.value.message
    assert not error.value.retryable


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.8", "::1", "fe80::1%2", "not-an-address"])
def test_one_bad_address_among_good_ones_condemns_the_name(
    private: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", pytest.fail)  # nothing may be connected to
    with pytest.raises(FetchFailed) as error:
        open_url("https://mixed.example/a", resolving_to(PUBLIC, private))
    assert PUBLIC not in str(error.value)
    assert private not in str(error.value)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("file:///etc/passwd", "begin with https"),
        ("gopher://example.com/x", "begin with https"),
        ("ftp://example.com/x", "begin with https"),
        ("data://example.com/x", "begin with https"),
        ("http+unix://%2Frun%2Fdocker.sock/x", "malformed|begin with"),
        ("http://example.com/x", "begin with https://$"),
        ("https://", "no valid host"),
        ("https:///secret", "no valid host"),
        ("https://?secret", "no valid host"),
        ("https://user:secret@example.com/", "user name"),
        ("https://secret@example.com/", "user name"),
        ("https://example.com:22/secret", "port"),
        ("https://example.com:0/secret", "port"),
        ("https://example.com:99999/secret", "malformed"),
        ("https://example.com:-1/secret", "malformed"),
        ("https://[::1/secret", "malformed"),
        ("https://[fe80::1%25eth0]/secret", "no valid host"),
        ("https://exa mple.com/secret", "malformed"),
        ("https://example.com\\@127.0.0.1/secret", "malformed"),
        ("https://example.com/a\r\nHost: secret", "malformed"),
        ("https://example.com/\0secret", "malformed"),
        ("https://example%00.com/secret", "malformed"),
        ("https://exa*mple.com/secret", "no valid host"),
        ("https://\uff11\uff12\uff17.0.0.1/secret", "malformed"),
        ("https://\u2460\u2461\u2466.0.0.1/secret", "malformed"),
        ("https://example\u3002com/secret", "malformed"),
        ("https://\ud800.com/secret", "malformed"),
        ("https://" + "a" * 255 + "/secret", "no valid host"),
        ("https://example.com/" + "secret" * 2000, "at most 8192"),
    ],
)
def test_a_url_that_is_malformed_or_not_allowed_is_invalid_input(url: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint) as error:
        open_audio(url, FetchPolicy())
    assert "secret" not in str(error.value)
    assert "passwd" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://B\u00dcCHER.example/x", "xn--bcher-kva.example"),
        ("https://\u4f8b\u3048.jp/x", "xn--r8jz45g.jp"),
        ("https://Example.COM./x", "example.com."),
        (" https://[2606:4700::1]/x\n", "2606:4700::1"),
    ],
)
def test_the_resolver_is_asked_for_the_ascii_name(url: str, name: str) -> None:
    asked = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return []

    with pytest.raises(FetchFailed, match="unknown host"):
        open_audio(url, FetchPolicy(resolver=resolver))
    assert asked == [(name, 443)]


@pytest.mark.parametrize("host", ["a..example", "." * 3, "a" * 64 + ".example"])
def test_a_name_that_cannot_be_asked_for_is_an_unknown_host(host: str) -> None:
    with pytest.raises(FetchFailed, match="unknown host"):
        open_url(f"https://{host}/", FetchPolicy())


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (socket.gaierror(socket.EAI_NONAME, "secret.internal"), 1),
        (socket.gaierror(socket.EAI_AGAIN, "secret.internal"), 3),
        (OSError("secret.internal"), 1),
    ],
)
def test_a_failed_look_up_is_retried_only_if_it_may_pass(
    error: OSError, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fetch.transfer.BACKOFF_S", 0)
    asked = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        raise error

    with pytest.raises(FetchFailed, match=r"https://gone\.example is an unknown host") as failure:
        open_url("https://gone.example/", FetchPolicy(resolver=resolver))
    assert len(asked) == tries
    assert failure.value.retryable == (tries > 1)
    assert "secret" not in str(failure.value)


def test_the_system_resolver_gives_each_address_once() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
