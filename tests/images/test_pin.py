"""The base counts by its digest, which is the same whoever asks, and can be pinned."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from tests.images.conftest import Images
from tests.registry import Registry
from tools.images import pin
from tools.images.engine import EngineError
from tools.images.inputs import gather
from tools.images.pin import check, identify, pull
from tools.images.plan import Plan
from tools.images.registry.repository import OCI_MANIFEST, Manifest, Repository
from tools.images.transfer import Transfer
from tools.workspace import ROOT


@pytest.fixture
def published(engine: docker.DockerClient, images: Images, registry: Registry) -> str:
    """The name of an image that is in a registry, and not in the engine."""
    repository = Repository(f"{registry.host}/tests/{uuid.uuid4().hex}")
    image = images.make({"a": uuid.uuid4().bytes})
    Transfer(engine, image, repository).push("1")
    engine.images.remove(str(image.id), force=True)
    return f"{repository.name}:1"


def as_index(name: str) -> None:
    """Have the tag lead to an index, as that of an image for several platforms does."""
    repository = Repository(name.rpartition(":")[0])
    found = repository.manifest("1")
    assert found
    image = {"mediaType": OCI_MANIFEST, "digest": found.digest, "size": len(found.content)}
    platforms = [{"os": "linux", "architecture": name} for name in ("arm64", "amd64")]
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{**image, "platform": platform} for platform in platforms],
    }
    repository.put("1", Manifest(json.dumps(index).encode()))
    assert repository.manifest("1") == found, "what is asked for is the image for linux/amd64"


@pytest.mark.parametrize("index", [False, True])
def test_an_image_has_the_same_name_where_its_base_was_pulled_and_where_it_was_not(
    engine: docker.DockerClient, published: str, *, index: bool
) -> None:
    if index:
        as_index(published)
    asked = gather(engine, Plan("vad", published, "tiny"))
    pulled = engine.images.pull(published)
    try:
        assert gather(engine, Plan("vad", published, "tiny")).reference == asked.reference
    finally:
        engine.images.remove(str(pulled.id), force=True)


def move(engine: docker.DockerClient, images: Images, name: str) -> Image:
    """Have a name lead to another image; returns that."""
    image = images.make({"a": uuid.uuid4().bytes})
    Transfer(engine, image, Repository(name.rpartition(":")[0])).push("1")
    return image


def test_a_pinned_base_is_what_it_was_when_its_name_has_moved(
    engine: docker.DockerClient, images: Images, published: str
) -> None:
    digest = identify(engine, published)
    pinned = f"{published}@{digest}"
    other = move(engine, images, published)
    assert identify(engine, published) != digest
    assert identify(engine, pinned) == digest
    pulled = pull(engine, pinned, digest)
    try:
        assert pulled.attrs["RootFS"] != other.attrs["RootFS"]
        built = images.build(f"FROM {pinned}\nLABEL a=b\n", {})
        assert built.attrs["RootFS"] == pulled.attrs["RootFS"]
    finally:
        engine.images.remove(str(pulled.id), force=True)


def test_a_name_that_moves_between_asking_and_pulling_is_noticed(
    engine: docker.DockerClient, images: Images, published: str
) -> None:
    digest = identify(engine, published)
    move(engine, images, published)
    with pytest.raises(EngineError, match="was moved just now"):
        pull(engine, published, digest)


def test_a_base_that_was_pulled_is_found_without_a_network(
    engine: docker.DockerClient, published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = identify(engine, published)
    pulled = pull(engine, published, digest)
    monkeypatch.setattr(pin, "ask", None)
    try:
        assert identify(engine, published) == digest
        assert pull(engine, published, digest) == pulled
    finally:
        engine.images.remove(str(pulled.id), force=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Dockerfiles."""
    for path in ROOT.glob("services/*/Dockerfile"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    return tmp_path


def test_the_digest_of_now_is_written_into_every_dockerfile_and_nothing_else(
    engine: docker.DockerClient,
    published: str,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    digest = identify(engine, published)
    monkeypatch.setattr("sys.argv", ["pin-base", published])
    assert pin.main(checkout) == 0
    assert capsys.readouterr().out == f"{published}@{digest}\n"
    for path in checkout.glob("services/*/Dockerfile"):
        before = (ROOT / path.relative_to(checkout)).read_text()
        line = f"ARG BASE_IMAGE={published}@{digest}"
        assert path.read_text().splitlines() == [
            line if old.startswith("ARG BASE_IMAGE=") else old for old in before.splitlines()
        ]


def test_a_pin_is_out_of_date_when_its_name_has_moved(
    engine: docker.DockerClient, images: Images, published: str
) -> None:
    pinned = f"{published}@{identify(engine, published)}"
    assert check(engine, published) == 0, "there is no pin"
    assert check(engine, pinned) == 0
    move(engine, images, published)
    assert check(engine, pinned) == 1


@pytest.mark.usefixtures("engine")
def test_to_compare_a_pin_changes_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pin-base", "--check", "registry.invalid/base:1"])
    assert pin.main(checkout) == 0
    for path in checkout.glob("services/*/Dockerfile"):
        assert path.read_text() == (ROOT / path.relative_to(checkout)).read_text()


@pytest.mark.usefixtures("engine")
def test_a_digest_that_is_known_already_needs_no_registry(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"registry.invalid/base:1@sha256:{64 * 'a'}"
    for _ in range(2):
        monkeypatch.setattr("sys.argv", ["pin-base", name])
        assert pin.main(checkout) == 0
    for path in checkout.glob("services/*/Dockerfile"):
        assert f"\nARG BASE_IMAGE={name}\n" in path.read_text()


@pytest.mark.usefixtures("engine")
def test_the_base_without_torch_is_pinned_by_itself(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"registry.invalid/slim:1@sha256:{64 * 'a'}"
    monkeypatch.setattr("sys.argv", ["pin-base", "--slim", name])
    assert pin.main(checkout) == 0
    for path in checkout.glob("services/*/Dockerfile"):
        before = (ROOT / path.relative_to(checkout)).read_text().splitlines()
        line = f"ARG SLIM_IMAGE={name}"
        assert path.read_text().splitlines() == [
            line if old.startswith("ARG SLIM_IMAGE=") else old for old in before
        ]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("registry.invalid/base:1", "cannot be had"),
        ("base@sha256:abc", "does not end in a digest"),
    ],
)
def test_what_cannot_be_pinned_changes_nothing(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    reason: str,
) -> None:
    before = {path: path.read_text() for path in checkout.glob("services/*/Dockerfile")}
    monkeypatch.setattr("sys.argv", ["pin-base", name])
    assert pin.main(checkout) == 1
    assert reason in capsys.readouterr().err
    assert before == {path: path.read_text() for path in before}
