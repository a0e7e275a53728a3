"""What a registry refuses is told in our words, and at once; what may pass is tried again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import docker
import pytest

from tests.images.conftest import Images
from tools.images.build import published
from tools.images.inputs import Inputs
from tools.images.plan import Plan
from tools.images.registry.errors import Interrupted, RegistryError, of_engine
from tools.images.registry.repository import Repository
from tools.images.transfer import Transfer


class Case(NamedTuple):
    """A refusal: the status and the code it comes with, and what we make of it."""

    status: int
    code: str
    reason: str


CASES = [
    Case(401, "UNAUTHORIZED", "wants valid credentials: log in with `docker login`"),
    Case(403, "DENIED", "does not allow it"),
    Case(429, "TOOMANYREQUESTS", "its quota is used up"),
]
UNKNOWN = Case(404, "NAME_UNKNOWN", "has no such repository: make it there first")


@dataclass
class Refusing:
    """A registry that says it is one, and refuses everything else.

    Attributes:
        status: what it answers with.
        body: what it says then.
    """

    status: int = 500
    body: bytes = b""
    port: int = 0

    @property
    def name(self) -> str:
        """A repository it does not have."""
        return f"127.0.0.1:{self.port}/tests/a"

    def as_in(self, case: Case) -> None:
        """Refuse in that way, in words that are not to be repeated."""
        self.status = case.status
        errors = [{"code": case.code, "message": "sentinel"}]
        self.body = json.dumps({"errors": errors}).encode()


@pytest.fixture
def refusing() -> Iterator[Refusing]:
    found = Refusing()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked = self.path == "/v2/"
            body = b"{}" if asked else found.body
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200 if asked else found.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.port = server.server_port
    yield found
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_to_tell_what_there_is(refusing: Refusing, case: Case) -> None:
    refusing.as_in(case)
    for ask in (Repository(refusing.name).digest, Repository(refusing.name).manifest):
        with pytest.raises(RegistryError, match=case.reason) as refused:
            ask("1")
        assert "sentinel" not in str(refused.value)
        assert not isinstance(refused.value, Interrupted)


@pytest.mark.parametrize("case", [*CASES, UNKNOWN])
def test_a_refusal_to_take_what_is_pushed_is_no_cause_for_another_try(
    engine: docker.DockerClient, images: Images, refusing: Refusing, case: Case
) -> None:
    refusing.as_in(case)
    way = Transfer(engine, images.make({"a": b"a"}), Repository(refusing.name))
    with pytest.raises(RegistryError, match=case.reason) as refused:
        way.push("1", pauses_s=(1000,))
    assert "sentinel" not in str(refused.value)


def test_that_a_registry_refuses_to_tell_is_said_and_stops_no_build(
    engine: docker.DockerClient,
    refusing: Refusing,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    refusing.as_in(CASES[1])
    monkeypatch.setenv("IMAGE_PREFIX", f"127.0.0.1:{refusing.port}/tests")
    inputs = Inputs(Plan("vad", "base"), b"files", "sha256:1")
    assert published(engine, inputs) is None
    assert "not looked for in the registry: " in capsys.readouterr().err


def test_a_registry_that_fails_may_be_asked_again(refusing: Refusing) -> None:
    refusing.status = 503
    with pytest.raises(Interrupted, match="status 503"):
        Repository(refusing.name).digest("1")


def test_something_else_than_a_registry_is_recognised(refusing: Refusing) -> None:
    refusing.status, refusing.body = 200, b"<html>log in to this network"
    with pytest.raises(RegistryError, match="does not answer as a registry does"):
        Repository(refusing.name).manifest("1")


def test_another_image_than_the_digest_says_is_refused(refusing: Refusing) -> None:
    refusing.status, refusing.body = 200, b"{}"
    with pytest.raises(RegistryError, match="another image than asked for"):
        Repository(refusing.name).manifest("sha256:" + 64 * "0")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no basic auth credentials", "wants valid credentials"),
        ("denied: requested access to the resource is denied", "does not allow it"),
        ("error parsing HTTP 429 response body: invalid character 'T'", "quota"),
        ("received unexpected HTTP status: 403 Forbidden", "does not allow it"),
    ],
)
def test_the_engines_reports_of_refusals_are_understood(text: str, reason: str) -> None:
    found = of_engine("me/vad-service", text)
    assert reason in str(found)
    assert not isinstance(found, Interrupted)


def test_of_the_engines_other_reports_no_password_and_no_query_is_told() -> None:
    text = 'Get "https://me:secret@registry.example/token?account=secret&scope=x": EOF'
    found = of_engine("me/vad-service", text)
    assert isinstance(found, Interrupted)
    assert str(found) == 'me/vad-service: Get "https://registry.example/token": EOF'
