"""A service's image is pushed once for its inputs; changed code is a small layer of it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

import docker
import pytest
from docker.models.images import Image

from tests.images.conftest import Images
from tests.line import Line
from tests.registry import Registry
from tools.images import build, push
from tools.images.check import of_this_tree
from tools.images.engine import find_image
from tools.images.inputs import INPUTS, Inputs, gather
from tools.images.origin import BASE_NAME, origin
from tools.images.plan import plan
from tools.images.registry.errors import RegistryError
from tools.images.registry.repository import Repository
from tools.images.transfer import Transfer

pytestmark = pytest.mark.timeout(900)  # a gigabyte is compressed and sent

CODE = "services/vad/detector.py"


@dataclass
class Service:
    """The VAD service, to be pushed through a line to a registry.

    Attributes:
        options: of the command that builds or pushes it.
        inputs: what it is made from.
        line: the way to the registry.
    """

    options: list[str]
    inputs: Inputs
    line: Line

    @property
    def repository(self) -> Repository:
        return Repository(self.inputs.repository)

    @property
    def name(self) -> str:
        """The name by which the registry has it."""
        return f"{self.inputs.repository}@{self.repository.digest(self.inputs.tag)}"


@pytest.fixture(scope="module")
def service(engine: docker.DockerClient, base: Image, registry: Registry) -> Iterator[Service]:
    with Line(registry.port) as line, pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGE_PREFIX", f"127.0.0.1:{line.port}/speech")
        options = ["vad", "--base", base.tags[0], "--models", "tiny"]
        inputs = gather(engine, plan(options[0], options[1:]))
        yield Service(options, inputs, line)
        for image in engine.images.list(inputs.repository):
            for tag in image.tags:
                if tag.startswith(inputs.repository):  # the image has other names, in use elsewhere
                    engine.images.remove(tag)


@pytest.fixture(autouse=True)
def arguments(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["push", *service.options])


@pytest.fixture(scope="module")
def pushed(engine: docker.DockerClient, service: Service) -> str:
    """The service, built and pushed by the command; what that printed last."""
    assert service.repository.digest(service.inputs.tag) is None
    assert find_image(engine, service.inputs.reference) is None
    return push.push(plan(service.options[0], service.options[1:], verb="push"))


def test_an_image_that_is_nowhere_is_built_and_pushed(pushed: str, service: Service) -> None:
    assert pushed == service.name


def test_its_inputs_version_and_contract_are_read_without_pulling_it(
    pushed: str, service: Service
) -> None:
    found = service.repository.manifest(pushed.partition("@")[2])
    assert found
    labels = service.repository.config(found)["config"]["Labels"]
    assert service.inputs.labels.items() <= labels.items(), "beside those of the base"
    assert found.document["annotations"] == origin(service.inputs.plan)
    assert found.document["annotations"][BASE_NAME] == service.inputs.plan.base


def test_to_push_it_again_does_nothing_and_says_so(
    pushed: str, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    before = service.line.sent
    assert push.main() == 0
    said, name = capsys.readouterr().out.splitlines()
    assert said.startswith(f"nothing to push: the registry has {service.inputs.reference}")
    assert name == pushed
    assert service.line.sent - before < 10_000


def test_changed_code_is_one_small_layer(
    engine: docker.DockerClient, pushed: str, service: Service
) -> None:
    changed = replace(service.inputs, context=with_another_line(service.inputs.context))
    image = build.make(engine, changed).image
    before = service.line.sent
    again = Transfer(engine, image, service.repository).push(changed.tag)
    assert 0 < again.sent < 1_000_000
    assert service.line.sent - before < 1_000_000
    assert again.kept > 100 * again.sent
    assert again.name != pushed


def with_another_line(context: bytes) -> bytes:
    """The context with one more line of code."""
    edited = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(context)) as old,
        tarfile.open(fileobj=edited, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for entry in old:
            file = old.extractfile(entry)
            data = file.read() if file else b""
            if entry.name == CODE:
                data += b"CHANGED = True\n"
                entry.size = len(data)
            new.addfile(entry, io.BytesIO(data))
    return edited.getvalue()


def test_an_image_that_only_the_registry_has_is_not_built(
    engine: docker.DockerClient,
    pushed: str,
    service: Service,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine.images.remove(service.inputs.reference)
    assert build.main() == 0
    printed = capsys.readouterr().out
    assert "nothing to build: the registry has an image of these inputs" in printed
    assert "docker run --rm --network none" in printed
    assert pushed in printed
    assert find_image(engine, service.inputs.reference) is None


def test_and_is_checked_as_the_registry_has_it(
    engine: docker.DockerClient, pushed: str, service: Service
) -> None:
    assert find_image(engine, service.inputs.reference) is None
    assert of_this_tree(service.options[0], service.options[1:]) == pushed
    found = find_image(engine, pushed)
    assert found
    assert found.labels["speech.inputs"] == service.inputs.digest


def test_a_name_that_another_image_has_is_not_taken_for_this_one(
    engine: docker.DockerClient, images: Images, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_PREFIX", f"127.0.0.1:{service.line.port}/taken")
    taken = gather(engine, service.inputs.plan)
    other = images.make({"a": b"a"}, "--label", f"{INPUTS}={64 * '0'}")
    Transfer(engine, other, Repository(taken.repository)).push(taken.tag)
    with pytest.raises(RegistryError, match=f"{taken.tag} is taken"):
        push.push(service.inputs.plan)


def test_nothing_is_pushed_without_being_told_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("IMAGE_PREFIX", raising=False)
    assert push.main() == 1
    assert "error: set IMAGE_PREFIX" in capsys.readouterr().err
