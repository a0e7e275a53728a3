"""The same inputs make the same image, and what differs between two builds is named."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from docker.models.images import Image

from tools.images.build import Built, build
from tools.images.engine import command_line
from tools.images.plan import Plan, trusted_ca
from tools.images.verify import Difference, compare
from tools.workspace import ROOT

Make = Callable[..., Image]
Differing = Callable[[Callable[[Path], object]], list[Difference]]


@pytest.fixture
def make(engine: docker.DockerClient) -> Iterator[Make]:
    """A plain ``docker build``."""
    tags: list[str] = []

    def run(folder: Path, *options: str) -> Image:
        tags.append(f"local/speech-tests:{uuid.uuid4().hex[:12]}")
        subprocess.run(
            [command_line(), "build", "--quiet", "--tag", tags[-1], *options, "."],
            cwd=folder, env={**os.environ, "DOCKER_BUILDKIT": "1"}, check=True,
        )  # fmt: skip
        return engine.images.get(tags[-1])

    yield run
    for tag in tags:
        engine.images.remove(tag, force=True)


def test_an_image_of_the_same_inputs_is_not_built_again(built: Built, base: Image) -> None:
    again = build(Plan("vad", base.tags[0], "tiny", trusted_ca()))
    assert not again.now
    assert again.image.id == built.image.id


def test_a_plain_docker_build_makes_the_same_layers(make: Make, image: Image, base: Image) -> None:
    ca = trusted_ca()
    plain = make(
        ROOT, "--file", "services/vad/Dockerfile",
        *("--build-arg", f"BASE_IMAGE={base.tags[0]}", "--build-arg", "MODELS=tiny"),
        *(("--secret", f"id=ca,src={ca}") if ca else ()),
    )  # fmt: skip
    assert plain.attrs["RootFS"] == image.attrs["RootFS"]


@pytest.fixture
def differing(make: Make, tmp_path: Path) -> Differing:
    """What differs between two builds of a file and its folder, that was edited in between."""

    def run(edit: Callable[[Path], object]) -> list[Difference]:
        # Small: an image that differs is looked at as a whole.
        (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY folder /folder/\n")
        file = tmp_path / "folder" / "file"
        file.parent.mkdir()
        file.write_text("one")
        first = make(tmp_path, "--no-cache")
        edit(file)
        layers = compare(first, make(tmp_path, "--no-cache"))
        return [difference for layer in layers.values() for difference in layer]

    return run


@pytest.mark.parametrize(
    ("edit", "path", "field"),
    [
        (lambda file: file.write_text("two"), "folder/file", "content"),
        (lambda file: file.chmod(0o600), "folder/file", "mode"),
        (lambda file: os.utime(file, (1, 1)), "folder/file", "time"),
        (lambda file: file.with_name("new").touch(), "folder/new", "only in the second"),
        (lambda file: file.unlink(), "folder/file", "only in the first"),
    ],
)
def test_a_difference_is_named_with_its_path(
    differing: Differing, edit: Callable[[Path], object], path: str, field: str
) -> None:
    (found,) = (difference for difference in differing(edit) if difference.matters)
    assert found.path == path
    assert field in found.fields


def test_the_times_of_folders_that_the_engine_makes_do_not_matter(differing: Differing) -> None:
    found = differing(lambda _: None)
    assert not [difference for difference in found if difference.matters]
