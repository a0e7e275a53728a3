"""An account and a registry of this machine, and images that are programs with a manifest each."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from runpod_emulator.rest.account import AccountSettings
from runpod_emulator.rest.images import Programs
from runpod_emulator.testing import EmulatedAccount
from tests.openapi import conforms
from tests.registry import Registry, running
from tools.deploy.api import Document, RunPod
from tools.deploy.apply import Deployment
from tools.deploy.desired import desired
from tools.deploy.jobs import Patience
from tools.endpoints import EndpointSpec
from tools.images.inputs import OCI
from tools.images.origin import REVISION
from tools.images.registry.repository import OCI_MANIFEST

KEY = "key-of-the-tests"
SPEC = EndpointSpec.of("vad")
QUICK = Patience(rollout_s=60, job_s=60, poll_s=0.1)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as found:
        yield found


class Images:
    """Images that are in the registry by what they say of themselves, and run as programs."""

    def __init__(self, registry: Registry) -> None:
        self.name = f"{registry.host}/me/vad-service"
        self.programs = Programs()
        self._url = f"http://{registry.host}/v2/me/vad-service"

    def push(
        self, mode: str = "good", labels: dict[str, str] | None = None, commit: str = ""
    ) -> str:
        """An image whose workers are of that mode; returns its name by digest."""
        number = str(len(self.programs.commands))
        config = {"config": {"Labels": {**(labels or {}), "number": number}}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json", **self._blob(config),
            },
            "layers": [],
            **({"annotations": {REVISION: commit}} if commit else {}),
        }  # fmt: skip
        content = json.dumps(manifest).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        put = httpx.put(
            f"{self._url}/manifests/{digest}",
            content=content,
            headers={"Content-Type": OCI_MANIFEST},
        )
        assert put.status_code == 201, put.text
        image = f"{self.name}@{digest}"
        self.programs.commands[image] = [sys.executable, "-m", "tests.deploy.worker", mode]
        return image

    def _blob(self, document: Any) -> dict[str, Any]:
        content = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        where = httpx.post(f"{self._url}/blobs/uploads/").headers["Location"]
        put = httpx.put(httpx.URL(where).copy_merge_params({"digest": digest}), content=content)
        assert put.status_code == 201, put.text
        return {"digest": digest, "size": len(content)}


def labels(version: str = "0.1.0", **schemas: Any) -> dict[str, str]:
    """What an image says of itself."""
    said = {f"speech.schema.{side}": json.dumps(schema) for side, schema in schemas.items()}
    return {f"{OCI}.version": version, **said}


@pytest.fixture
def images(registry: Registry) -> Images:
    return Images(registry)


@pytest.fixture
def account(images: Images) -> Iterator[EmulatedAccount]:
    """An account without endpoints. Whatever was sent to it is as RunPod describes it."""
    settings = AccountSettings(images.programs, api_key=KEY, capacity=frozenset({"EU-RO-1"}))
    with EmulatedAccount(settings) as account:
        yield account
    conforms(account.events)


@pytest.fixture
def api(account: EmulatedAccount) -> Iterator[RunPod]:
    with RunPod(KEY, account.url, pauses_s=(0.05, 0.05, 0.05)) as api:
        yield api


@pytest.fixture
def deployment(api: RunPod) -> Deployment:
    return Deployment(api, "vad", QUICK)


def wanted(image: str, spec: EndpointSpec = SPEC) -> Document:
    return desired("vad", image, spec, None)


def sent(account: EmulatedAccount, method: str) -> list[Document]:
    """The bodies of the requests that would change something."""
    return [
        json.loads(event["request"]["body"] or "{}")
        for event in account.events
        if event["method"] == method and "/v2/serverless" in event["path"]
    ]
