"""The whole path: commit, plan, build, registry, account, jobs; and a commit that breaks it.

Each step is the command that the workflow runs, in a repository of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.images import Image

from runpod_emulator.testing import EmulatedAccount
from tests.openapi import conforms
from tests.registry import Registry
from tests.tools.project import commit
from tools.deploy.api import RunPod
from tools.deploy.deployed import read
from tools.deploy.jobs import Jobs, Patience
from tools.deploy.smoke import example
from tools.workspace import ROOT
from tools.workspace.tree import Tree, git

pytestmark = pytest.mark.timeout(1200)  # a gigabyte is compressed and sent, and pulled

PATIENCE = Patience(rollout_s=120, job_s=120, poll_s=0.5)
LAST = "    serve(SERVICE)\n"
BROKEN = """\
    from shared.worker import sdk

    sdk.import_sdk().start({"handler": lambda job: 1 / 0})
"""


@dataclass(frozen=True)
class Checkout:
    """A copy of this repository, and the commands in it.

    Attributes:
        root: where it is.
        build: the options of a build.
        environment: the variables that the workflow sets.
    """

    root: Path
    build: tuple[str, ...]
    environment: dict[str, str]

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(str(self.root / folder) for folder in ("emulator", "client"))
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=self.root, check=False,
            env={**os.environ, **self.environment, "PYTHONPATH": path}, text=True,
            capture_output=True,
        )  # fmt: skip

    def pending(self) -> dict[str, str]:
        """The service, if it is to be deployed, and why."""
        done = self.run("tools.deploy.pending", "--json", "--among", "vad")
        assert done.returncode == 0, done.stderr
        return {each["service"]: each["reason"] for each in json.loads(done.stdout)["include"]}

    def tried(self) -> subprocess.CompletedProcess[str]:
        """Build the image, and try it on this machine."""
        built = self.run("tools.images.build", "vad", *self.build)
        assert built.returncode == 0, built.stderr
        return self.run("tools.deploy.smoke", "vad", "--built", *self.build)

    def push(self) -> str:
        pushed = self.run("tools.images.push", "vad", *self.build)
        assert pushed.returncode == 0, pushed.stderr
        return pushed.stdout.splitlines()[-1]

    def apply(self, image: str) -> subprocess.CompletedProcess[str]:
        options = ["apply", "--smoke", "--image", image, "--timeout", "120"]
        return self.run("tools.deploy.cli", "vad", *options)

    def change(self, path: str, old: str, new: str) -> str:
        """Commit another text in a file; returns the commit."""
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new))
        commit(self.root)
        return self.head

    @property
    def head(self) -> str:
        return git("rev-parse", "HEAD", at=self.root).strip()


@pytest.fixture
def prefix(engine: docker.DockerClient, registry: Registry) -> Iterator[str]:
    """What images' names begin with; the engine keeps none of them."""
    prefix = f"{registry.host}/path"
    yield prefix
    for image in engine.images.list(f"{prefix}/vad-service"):
        engine.images.remove(str(image.id), force=True)


@pytest.fixture
def account(prefix: str) -> Iterator[EmulatedAccount]:
    """An account whose workers are containers; they end before their images go."""
    with EmulatedAccount() as account:
        yield account
    conforms(account.events)


@pytest.fixture
def checkout(tmp_path: Path, base: Image, prefix: str, account: EmulatedAccount) -> Checkout:
    root = tmp_path / "checkout"
    for path in Tree().files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, root / path)
    commit(root)
    environment = {
        "IMAGE_PREFIX": prefix, "RUNPOD_API_KEY": "any", "RUNPOD_REST_URL": account.url,
    }  # fmt: skip
    return Checkout(root, ("--base", base.tags[0], "--models", "tiny"), environment)


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


def test_a_commit_reaches_callers_and_one_that_breaks_the_handler_does_not(
    checkout: Checkout, account: EmulatedAccount, engine: docker.DockerClient
) -> None:
    first = checkout.head
    assert checkout.pending() == {"vad": "nothing is deployed"}
    assert checkout.tried().returncode == 0
    good = checkout.push()
    applied = checkout.apply(good)
    assert applied.returncode == 0, applied.stderr
    assert (read(good).version, read(good).commit) == ("0.1.0", first)
    assert checkout.pending() == {}

    checkout.change("services/vad/handler.py", LAST, BROKEN)
    assert checkout.pending() == {"vad": f"changed since {first[:7]}: services/vad/handler.py"}
    tried = checkout.tried()
    assert tried.returncode == 1, "which ends the workflow before anything is pushed"
    assert "speech is found: FAILED" in tried.stderr
    broken = checkout.push()
    with a_caller(account) as done:
        applied = checkout.apply(broken)
    assert applied.returncode == 1
    assert "speech is found: FAILED" in applied.stderr
    assert "vad was not touched" in applied.stderr
    assert done
    assert {job["status"] for job in done} == {"COMPLETED"}
    with RunPod("any", account.url) as api:
        (left,) = api.endpoints()
    assert left["image"] == good

    checkout.change("README.md", "# Serverless", "# Other serverless")
    assert list(checkout.pending()) == ["vad"], "an unrelated push makes up for it"
    for name in engine.images.get(broken).tags:  # on a new machine there are none
        engine.images.remove(name)
    tried = checkout.tried()
    assert "speech is found: FAILED" in tried.stderr, "what was pushed is tried, not built anew"
    checkout.change("services/vad/handler.py", BROKEN, LAST)
    assert checkout.pending() == {}, "what is committed is deployed"
