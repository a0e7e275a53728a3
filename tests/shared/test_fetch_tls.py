"""Downloads over TLS: whose certificates are trusted, and for which name."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from shared.errors import FetchFailed
from shared.fetch import FetchPolicy, open_url
from shared.fetch.trust import trust

AUDIO = b"RIFF" * 1000
LOCAL = FetchPolicy(allow_private=True, deadline_s=30, resolver=lambda _host, _port: ["127.0.0.1"])


class Handler(BaseHTTPRequestHandler):
    """Delivers the audio; redirects whatever has a query to it."""

    def do_GET(self) -> None:
        location = self.path.partition("?")[2]
        self.send_response(302 if location else 200)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0" if location else str(len(AUDIO)))
        self.end_headers()
        self.wfile.write(b"" if location else AUDIO)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that leaves during the handshake is no news."""


@contextmanager
def running(context: ssl.SSLContext | None) -> Iterator[int]:
    with QuietServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


def context_for(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def fetched(url: str, policy: FetchPolicy = LOCAL) -> bytes:
    with open_url(url, policy) as file:
        return file.read()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("host", ["audio.example", "AUDIO.example.", "b\u00fccher.example"])
def test_the_certificate_and_the_server_name_are_those_of_the_host_not_of_the_address(
    authority: trustme.CA, host: str
) -> None:
    asked = []
    context = context_for(authority.issue_cert("audio.example", "b\u00fccher.example"))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with running(context) as port:
        assert fetched(f"https://{host}:{port}/") == AUDIO
    assert asked == ["xn--bcher-kva.example" if host.startswith("b") else "audio.example"]


@pytest.mark.usefixtures("trusted")
def test_an_address_as_host_needs_a_certificate_for_the_address(authority: trustme.CA) -> None:
    with running(context_for(authority.issue_cert("127.0.0.1"))) as port:
        assert fetched(f"https://127.0.0.1:{port}/") == AUDIO
    context = context_for(authority.issue_cert("audio.example"))
    with running(context) as port, pytest.raises(FetchFailed, match="certificate"):
        fetched(f"https://127.0.0.1:{port}/")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("fault", ["expired", "other host", "other authority", "the address"])
def test_a_certificate_that_is_not_valid_for_the_host_is_refused_for_good(
    authority: trustme.CA, fault: str
) -> None:
    certificate = {
        "expired": lambda: authority.issue_cert(
            "audio.example", not_after=datetime(2020, 1, 1, tzinfo=UTC)
        ),
        "other host": lambda: authority.issue_cert("other.example"),
        "other authority": lambda: trustme.CA().issue_cert("audio.example"),
        "the address": lambda: authority.issue_cert("127.0.0.1"),
    }[fault]()
    with running(context_for(certificate)) as port, pytest.raises(FetchFailed) as error:
        fetched(f"https://audio.example:{port}/secret?secret")
    assert (
        error.value.message
        == "https://audio.example has a TLS certificate that is not valid for it"
    )
    assert not error.value.retryable


@pytest.mark.usefixtures("trusted")
def test_a_server_without_tls_is_not_talked_to() -> None:
    with running(None) as port, pytest.raises(FetchFailed, match="over TLS"):
        fetched(f"https://audio.example:{port}/")


@pytest.mark.usefixtures("trusted")
def test_a_redirect_from_https_to_http_is_followed_only_where_http_is_allowed(
    authority: trustme.CA,
) -> None:
    with running(context_for(authority.issue_cert("audio.example"))) as tls, running(None) as plain:
        url = f"https://audio.example:{tls}/?http://audio.example:{plain}/"
        with pytest.raises(FetchFailed, match="redirects to a URL that is not allowed"):
            fetched(url)
        assert fetched(url, replace(LOCAL, allow_http=True)) == AUDIO


def test_a_handshake_that_drips_is_left_at_the_deadline() -> None:
    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # the client left
            connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # a ServerHello of 16 KB
            for _ in range(100):
                connection.sendall(b"\0")
                threading.Event().wait(0.02)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        url = f"https://audio.example:{listener.getsockname()[1]}/"
        with pytest.raises(FetchFailed, match="in time; try again later"):
            fetched(url, replace(LOCAL, deadline_s=0.3))


def test_where_the_system_has_no_authorities_those_of_certifi_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert len(trust().get_ca_certs()) > 50
    assert trust() is trust()


def test_a_directory_of_authorities_is_left_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "5ed36f99.0").write_text("read on demand")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trust().get_ca_certs() == []
