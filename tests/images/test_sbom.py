"""The bill of materials says what is in the image, each part with its licence."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import docker
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from docker.models.images import Image

from shared.models.lock import LOCK_NAME, Lock
from shared.spec import ServiceSpec
from tests.images.conftest import EVERY_SERVICE
from tests.images.container import run
from tools.images.bom import document
from tools.images.inventory import Inventory, read
from tools.images.sbom import locked
from tools.workspace import ROOT, TINY_MODELS

pytestmark = EVERY_SERVICE

# What the image's own Python finds, the base's packages included.
INSTALLED = (
    "import importlib.metadata as m, json; "
    "print(json.dumps([[d.name, d.version] for d in m.distributions()]))"
)


@pytest.fixture(scope="session")
def inventory(engine: docker.DockerClient, image: Image) -> Inventory:
    return read(engine, image)


@pytest.fixture(scope="session")
def bill(inventory: Inventory, image: Image, name: str) -> dict[str, Any]:
    text = document(inventory, image, locked(name))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    return found


def named(bill: dict[str, Any], kind: str, prefix: str = "") -> dict[str, dict[str, Any]]:
    return {
        component["name"]: component
        for component in bill["components"]
        if component["type"] == kind and component.get("purl", "").startswith(prefix)
    }


def test_it_lists_the_packages_that_python_finds(
    engine: docker.DockerClient, image: Image, bill: dict[str, Any]
) -> None:
    found = json.loads(run(engine, image, command=["python3", "-c", INSTALLED]).log)
    listed = named(bill, "library", "pkg:pypi/")
    assert dict(found) == {name: component["version"] for name, component in listed.items()}
    assert {"torch", "numpy", "runpod"} <= listed.keys()


def test_it_lists_the_packages_of_the_bases_system(bill: dict[str, Any]) -> None:
    found = named(bill, "library", "pkg:deb/")
    assert "upstream=glibc%40" in found["libc6"]["purl"], (
        "advisories are about what it is built from"
    )


def test_it_lists_the_models_with_the_hash_of_every_file(bill: dict[str, Any], name: str) -> None:
    listed = named(bill, "machine-learning-model")
    models = ServiceSpec.read(ROOT / "services" / name / "service.toml").models
    assert listed.keys() == {model.id for model in models}
    for model in models:
        lock = Lock.read(TINY_MODELS / model.id / LOCK_NAME).model(model.id)
        assert lock is not None
        files = {
            file["name"]: file["hashes"][0]["content"] for file in listed[model.id]["components"]
        }
        files.pop(LOCK_NAME)
        assert files == {file.path: file.sha256 for file in lock.files if file.path in model.files}
        assert listed[model.id]["version"] == lock.revision


def test_all_that_is_above_the_base_has_a_licence_that_is_known(inventory: Inventory) -> None:
    assert [package.name for package in inventory.added if not package.licence] == []


def test_the_hashes_of_a_lock_stand_beside_its_package(bill: dict[str, Any], name: str) -> None:
    lock = (ROOT / "services" / name / "requirements.txt").read_text()
    (reference,) = named(bill, "library", "pkg:pypi/")["runpod"]["externalReferences"]
    assert all(f"sha256:{entry['content']}" in lock for entry in reference["hashes"])


def test_the_codes_hash_is_that_of_its_listing(
    engine: docker.DockerClient, image: Image, bill: dict[str, Any]
) -> None:
    listing = "find app -type f ! -name '*.pyc' | LC_ALL=C sort | xargs sha256sum"
    log = run(engine, image, command=["sh", "-c", listing], working_dir="/").log
    (code,) = named(bill, "application")[f"{bill['metadata']['component']['name']}"]["hashes"]
    assert code["content"] == hashlib.sha256(log.encode()).hexdigest()


def test_the_same_image_has_the_same_bill(inventory: Inventory, image: Image, name: str) -> None:
    first, second = (document(inventory, image, locked(name)) for _ in range(2))
    assert first == second


def test_the_notice_in_the_image_is_the_services(
    engine: docker.DockerClient, image: Image, name: str
) -> None:
    log = run(engine, image, command=["cat", "/app/NOTICE"]).log
    assert log == (ROOT / "services" / name / "NOTICE").read_text()
    assert "Apache License" in run(engine, image, command=["cat", "/app/LICENSE"]).log
