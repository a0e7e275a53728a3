"""A commit reaches callers through a registry; one whose handler is broken does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound
from docker.models.images import Image

from runpod_emulator.testing import EmulatedAccount
from tests.images.conftest import Images
from tests.openapi import conforms
from tests.registry import Registry
from tools.deploy.api import RunPod
from tools.deploy.cli import main
from tools.deploy.deployed import read
from tools.deploy.jobs import Jobs, Patience
from tools.deploy.smoke import example
from tools.images.build import Built
from tools.images.origin import REVISION
from tools.images.registry.repository import Repository
from tools.images.transfer import Transfer

PATIENCE = Patience(rollout_s=120, job_s=120, poll_s=0.5)
BROKEN = "from shared.worker import sdk; sdk.import_sdk().start({'handler': lambda job: 1 / 0})"


class Pusher:
    """Pushes images, and takes those away that the engine pulls for them."""

    def __init__(self, engine: docker.DockerClient, registry: Registry) -> None:
        self._engine, self._name = engine, f"{registry.host}/tests/vad-service"
        self._pushed: list[str] = []

    def push(self, image: Image, commit: str) -> str:
        transfer = Transfer(self._engine, image, Repository(self._name), {REVISION: commit})
        self._pushed.append(transfer.push(commit[:7]).name)
        return self._pushed[-1]

    def clean(self) -> None:
        for name in self._pushed:
            try:
                self._engine.images.remove(name, force=True)
            except ImageNotFound:  # nobody pulled it
                continue


@pytest.fixture
def pusher(engine: docker.DockerClient, registry: Registry) -> Iterator[Pusher]:
    pusher = Pusher(engine, registry)
    yield pusher
    pusher.clean()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatedAccount]:
    """An account whose workers are containers."""
    with EmulatedAccount() as account:
        monkeypatch.setenv("RUNPOD_API_KEY", "any")
        monkeypatch.setenv("RUNPOD_REST_URL", account.url)
        yield account
    conforms(account.events)


@contextmanager
def a_caller(account: EmulatedAccount) -> Iterator[list[dict[str, Any]]]:
    """Somebody who sends jobs all the time; what became of them, when that ends."""
    over, done = threading.Event(), list[dict[str, Any]]()

    def call() -> None:
        with RunPod("any", account.url) as api:
            endpoint = api.find("vad")
            assert endpoint
            while not over.is_set():
                done.append(Jobs(api, endpoint, PATIENCE).run(example("vad")))

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def test_a_broken_handler_never_meets_a_caller(
    account: EmulatedAccount, built: Built, images: Images, pusher: Pusher,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    good = pusher.push(built.image, "1" * 40)
    assert main(["vad", "apply", "--smoke", "--image", good, "--timeout", "120"]) == 0
    assert read(good).version == "0.1.0"
    assert read(good).commit == "1" * 40

    made = images.build(f'FROM {built.reference}\nCMD ["python3", "-c", "{BROKEN}"]', {})
    broken = pusher.push(made, "2" * 40)
    with a_caller(account) as done:
        assert main(["vad", "apply", "--smoke", "--image", broken, "--timeout", "120"]) == 1
    assert "speech is found: FAILED" in capsys.readouterr().err
    assert done
    assert {job["status"] for job in done} == {"COMPLETED"}
    with RunPod("any", account.url) as api:
        (left,) = api.endpoints()
    assert left["image"] == good
