"""An image goes to a registry once, whole, and comes back from there by its digest."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator

import docker
import pytest
from docker.models.images import Image

from tests.images.conftest import Images
from tests.images.container import run
from tests.line import Line
from tests.registry import Registry
from tools.images.origin import REVISION
from tools.images.registry.errors import Interrupted
from tools.images.registry.repository import OCI_MANIFEST, Manifest, Repository
from tools.images.transfer import Pushed, Transfer

MEGABYTE = 2**20
ASKED = 50_000  # bytes: more than questions and manifests need, less than any layer here


@pytest.fixture
def line(registry: Registry) -> Iterator[Line]:
    """The way to the registry."""
    with Line(registry.port) as found:
        yield found


@pytest.fixture
def repository(line: Line) -> Repository:
    """A repository that nobody has pushed to, at the other end of the line."""
    return Repository(f"127.0.0.1:{line.port}/tests/{uuid.uuid4().hex}")


def push(
    engine: docker.DockerClient, image: Image, repository: Repository, tag: str = "1"
) -> Pushed:
    return Transfer(engine, image, repository, {REVISION: "abc"}).push(tag, pauses_s=(0.1, 0.1))


def test_what_is_pushed_is_known_by_its_digest_and_by_how_much_went_over(
    engine: docker.DockerClient, images: Images, repository: Repository
) -> None:
    image = images.make({"noise": os.urandom(MEGABYTE)})
    pushed = push(engine, image, repository)
    assert re.fullmatch(rf"{repository.name}@sha256:[0-9a-f]{{64}}", pushed.name)
    assert pushed.name.partition("@")[2] == repository.digest("1")
    assert pushed.sent == pytest.approx(MEGABYTE, rel=0.01)
    assert pushed.kept == 0


def test_to_push_it_again_moves_nothing(
    engine: docker.DockerClient, images: Images, repository: Repository, line: Line
) -> None:
    image = images.make({"noise": os.urandom(MEGABYTE)})
    first = push(engine, image, repository)
    line.sent = 0
    assert push(engine, image, repository) == Pushed(first.name, sent=0, kept=first.sent)
    assert line.sent < ASKED


def test_a_layer_that_is_there_stays_where_it_is(
    engine: docker.DockerClient, images: Images, repository: Repository, line: Line
) -> None:
    model = os.urandom(4 * MEGABYTE)
    push(engine, images.make({"model": model, "code": b"1"}), repository)
    line.sent = 0
    pushed = push(engine, images.make({"model": model, "code": b"2"}), repository, "2")
    assert pushed.kept == pytest.approx(4 * MEGABYTE, rel=0.01)
    assert 0 < pushed.sent < 1000
    assert line.sent < ASKED


def test_a_connection_cut_in_the_middle_of_a_layer_is_taken_up_again(
    engine: docker.DockerClient, images: Images, repository: Repository, line: Line
) -> None:
    there, missing = os.urandom(4 * MEGABYTE), os.urandom(8 * MEGABYTE)
    push(engine, images.make({"there": there}), repository)
    line.sent, line.cut_at = 0, 4 * MEGABYTE
    pushed = push(engine, images.make({"there": there, "missing": missing}), repository, "2")
    assert line.cut_at is None, "the line was cut"
    assert pushed.sent == pytest.approx(8 * MEGABYTE, rel=0.01)
    assert line.sent < 12.5 * MEGABYTE, "half of a layer, the layer, and nothing that was there"


def test_a_registry_that_is_away_for_a_while_is_waited_for(
    engine: docker.DockerClient,
    images: Images,
    repository: Repository,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = images.make({"noise": os.urandom(MEGABYTE)})
    line.down = True

    def wait(_: float) -> None:
        line.down = False

    monkeypatch.setattr("tools.images.transfer.time.sleep", wait)
    assert push(engine, image, repository).sent > 0


def test_a_registry_that_stays_away_is_an_error_and_no_half_image(
    engine: docker.DockerClient, images: Images, registry: Registry, line: Line
) -> None:
    name = f"tests/{uuid.uuid4().hex}"
    image = images.make({"noise": os.urandom(MEGABYTE)})
    line.down = True
    with pytest.raises(Interrupted, match="EOF|reset|refused"):
        push(engine, image, Repository(f"127.0.0.1:{line.port}/{name}"))
    assert Repository(f"{registry.host}/{name}").digest("1") is None


def test_the_tag_is_given_when_everything_is_there(
    engine: docker.DockerClient, images: Images, repository: Repository, line: Line
) -> None:
    image = images.make({"noise": os.urandom(MEGABYTE)})
    given = repository.put

    def put(tag: str, manifest: Manifest) -> None:
        assert repository.digest(tag) is None
        given(tag, manifest)

    repository.put = put  # type: ignore[method-assign]
    push(engine, image, repository)
    assert repository.digest("1")


def test_the_commit_is_said_beside_the_image_and_changes_nothing_in_it(
    engine: docker.DockerClient, images: Images, repository: Repository
) -> None:
    image = images.make({"a": b"a"}, "--label", "speech.inputs=123")
    push(engine, image, repository)
    Transfer(engine, image, repository, {REVISION: "def"}).push("2")
    first, second = (repository.manifest(tag) for tag in "12")
    assert first
    assert second
    assert first.digest != second.digest
    assert first.document["annotations"] == {REVISION: "abc"}
    assert first.document["mediaType"] == OCI_MANIFEST
    for part in ("config", "layers"):
        assert first.document[part] == second.document[part]
    assert repository.config(first)["config"]["Labels"] == {"speech.inputs": "123"}


def test_it_is_pulled_by_its_digest_where_it_is_not_and_runs(
    engine: docker.DockerClient, images: Images, base: Image, repository: Repository
) -> None:
    # As small as an image can be that runs: one program, and what it is linked with.
    image = images.build(
        f"FROM {base.tags[0]} AS base\nRUN mkdir /image && cp -L /bin/echo "
        "/lib/x86_64-linux-gnu/libc.so.6 /lib64/ld-linux-x86-64.so.2 /image\n"
        "FROM scratch\nCOPY --from=base /image /\n",
        {},
    )
    pushed = push(engine, image, repository)
    engine.images.remove(str(image.id), force=True)
    pulled = engine.images.pull(pushed.name)
    try:
        start = ["/ld-linux-x86-64.so.2", "--library-path", "/", "/echo", "it runs"]
        assert run(engine, pulled, command=start).log == "it runs\n"
    finally:
        engine.images.remove(str(pulled.id), force=True)
