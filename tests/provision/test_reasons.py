"""Why the hub could not be reached is said in words, and how a download goes in plain lines."""

from __future__ import annotations

import ssl

import pytest
import trustme

from tests.hub import Faults, Hub
from tests.provision.conftest import NEEDED, REVISION, Place


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("http://no-such-host.invalid", "(no-such-host.invalid: unknown host)"),
        ("http://user:secret@127.0.0.1:9", "(127.0.0.1:9: connection refused)"),
        ("modelscope.example", "MODELSCOPE_ENDPOINT is not an http:// or https:// URL"),
        ("ftp://modelscope.example", "MODELSCOPE_ENDPOINT is not an http:// or https:// URL"),
        ("https://", "MODELSCOPE_ENDPOINT is not an http:// or https:// URL"),
    ],
)
def test_why_the_hub_cannot_be_reached_is_told(place: Place, endpoint: str, told: str) -> None:
    place.environment["MODELSCOPE_ENDPOINT"] = endpoint
    done = place.run()
    assert told in done.stderr
    assert "secret" not in done.stderr


def test_a_refusing_proxy_is_told_from_a_refusing_hub(place: Place) -> None:
    place.environment |= {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    place.environment["MODELSCOPE_ENDPOINT"] = "http://hub.example"
    assert "(hub.example: the proxy: connection refused)" in place.error()


def test_a_hub_that_keeps_failing_is_quoted(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(status=503)
    assert f"(127.0.0.1:{place.hub.port}: it answers 503)" in place.error()


def test_certificates_are_told_apart_from_their_missing_file(place: Place) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Hub(place.hub.root, (REVISION,)) as hub:
        hub._server.socket = context.wrap_socket(hub._server.socket, server_side=True)
        place.environment["MODELSCOPE_ENDPOINT"] = f"https://127.0.0.1:{hub.port}"
        assert f"(127.0.0.1:{hub.port}: its certificate is not trusted)" in place.error()
        place.environment["REQUESTS_CA_BUNDLE"] = str(place.root / "no-such-bundle.pem")
        assert "the file of CA certificates named by REQUESTS_CA_BUNDLE" in place.error()


def test_a_bundle_of_certificates_is_named_from_where_the_user_is(place: Place) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(place.root / "bundle.pem"))
    place.environment |= {"INVOKED_FROM": str(place.root), "REQUESTS_CA_BUNDLE": "bundle.pem"}
    with Hub(place.hub.root, (REVISION,)) as hub:
        hub._server.socket = context.wrap_socket(hub._server.socket, server_side=True)
        place.environment["MODELSCOPE_ENDPOINT"] = f"https://127.0.0.1:{hub.port}"
        assert place.run().returncode == 0
    assert place.whole()


def test_a_log_has_one_line_for_each_file_and_no_bars(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(cut=200_000, times=1)
    lines = place.run().stderr.splitlines()
    assert sorted(line for line in lines if line.startswith("downloading")) == [
        f"downloading {name}, {(place.origin / name).stat().st_size / 1e6:.1f} MB"
        for name in NEEDED
    ]
    assert not [line for line in lines if "%" in line or "\x1b" in line]


@pytest.mark.parametrize("fault", [Faults(flip=0), Faults(announced=10)], ids=["hash", "size"])
def test_a_file_that_differs_from_our_lock_is_told_once(place: Place, fault: Faults) -> None:
    place.hub.faults["model.pt"] = fault
    done = place.run()
    told = [line for line in done.stderr.splitlines() if "downloading" not in line]
    assert len(told) == 1, told
    assert told[0].startswith("error: ")
