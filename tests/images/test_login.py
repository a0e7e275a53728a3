"""Credentials are used where they are kept, and told to nobody else; a refusal says what to do."""

from __future__ import annotations

import base64
import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest

from tests.images.conftest import Images
from tests.registry import PASSWORD, USER, Registry, running, with_a_password
from tests.tokens import IDENTITY, issued
from tools.images.engine import EngineError
from tools.images.registry.errors import RegistryError
from tools.images.registry.login import login
from tools.images.registry.repository import Repository
from tools.images.transfer import Transfer

Saved = Callable[..., None]
Push = Callable[[str], str | None]


@pytest.fixture(scope="module", params=["password", "tokens"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """A registry that wants a password; and one as Docker Hub is, with tokens made from it."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        if request.param == "tokens":
            access = stack.enter_context(issued(folder))
        else:
            access = with_a_password(folder)
        yield stack.enter_context(running(folder, access))


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Saved:
    """Writes Docker's configuration, as ``docker login`` does; nobody is logged in before."""
    for name in ("REGISTRY_USER", "REGISTRY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def write(**configuration: object) -> None:
        (tmp_path / "config.json").write_text(json.dumps(configuration))

    return write


def of(registry: Registry, prefix: str = "tests") -> str:
    return f"{registry.host}/{prefix}/{uuid.uuid4().hex}"


@pytest.fixture
def push(engine: docker.DockerClient, images: Images) -> Push:
    """Pushes an image; says what the registry then has under its tag."""

    def run(name: str) -> str | None:
        repository = Repository(name)
        Transfer(engine, images.make({"a": b"a"}), repository).push("1", pauses_s=())
        return repository.digest("1")

    return run


def test_the_environment_may_hold_them(
    push: Push,
    guarded: Registry,
    save: Saved,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save()
    monkeypatch.setenv("REGISTRY_USER", USER)
    monkeypatch.setenv("REGISTRY_TOKEN", PASSWORD)
    assert push(of(guarded))


def test_dockers_configuration_may_hold_them(push: Push, guarded: Registry, save: Saved) -> None:
    known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    save(auths={guarded.host: {"auth": known}})
    assert push(of(guarded))


def helper(folder: Path, answer: dict[str, str]) -> None:
    """A credential helper called ``tests``."""
    path = folder / "docker-credential-tests"
    path.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{json.dumps(answer)}'\n")
    path.chmod(0o755)


def test_a_credential_helper_may_hold_them(
    push: Push,
    guarded: Registry,
    save: Saved,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    helper(tmp_path, {"Username": USER, "Secret": PASSWORD})
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    save(credHelpers={guarded.host: "tests"})
    assert push(of(guarded))


@pytest.mark.parametrize("guarded", ["tokens"], indirect=True)
def test_an_identity_token_stands_for_a_password(
    push: Push,
    guarded: Registry,
    save: Saved,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    helper(tmp_path, {"Username": "<token>", "Secret": IDENTITY})
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    save(credsStore="tests")
    assert push(of(guarded))


@pytest.mark.parametrize("token", ["", f"{USER}:wrong-sentinel"])
def test_none_or_wrong_ones_are_an_error_that_says_how_to_log_in_and_tells_no_secret(
    push: Push,
    guarded: Registry,
    save: Saved,
    token: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    save(auths={guarded.host: {"auth": base64.b64encode(token.encode()).decode()}} if token else {})
    with pytest.raises(RegistryError, match="docker login.*REGISTRY_TOKEN") as asked:
        Repository(of(guarded)).digest("1")
    with pytest.raises(RegistryError, match="docker login.*REGISTRY_TOKEN") as sent:
        push(of(guarded))
    told = "".join(capfd.readouterr()) + repr(asked.value) + repr(sent.value)
    assert "sentinel" not in told


@pytest.mark.parametrize("guarded", ["tokens"], indirect=True)
def test_what_somebody_may_not_do_is_told_from_who_they_are(
    guarded: Registry, save: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    save()
    monkeypatch.setenv("REGISTRY_USER", USER)
    monkeypatch.setenv("REGISTRY_TOKEN", PASSWORD)
    with pytest.raises(RegistryError, match="no such repository, or these credentials may not"):
        Repository(of(guarded, "forbidden")).digest("1")


@pytest.mark.filterwarnings("ignore:docker-credential-of-nobody not installed")
@pytest.mark.parametrize(
    "configuration", [{"auths": {"registry.example": 1}}, {"credsStore": "of-nobody"}]
)
def test_a_configuration_of_dockers_that_is_of_no_use_is_named(
    save: Saved, configuration: dict[str, object]
) -> None:
    save(**configuration)
    with pytest.raises(EngineError, match=r"no usable credentials for registry\.example: log in"):
        login("registry.example")


def test_half_of_them_is_an_error(save: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_USER", USER)
    with pytest.raises(EngineError, match="set both"):
        login("registry.example")


def test_a_login_does_not_show_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_USER", USER)
    monkeypatch.setenv("REGISTRY_TOKEN", PASSWORD)
    assert PASSWORD not in repr(login("registry.example"))


def test_a_registry_that_is_not_there_is_an_error_at_once(save: Saved) -> None:
    save()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        name = f"127.0.0.1:{gone.getsockname()[1]}/tests/a"
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        Repository(name).digest("1")
