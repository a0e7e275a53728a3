"""What was added to a base under a licence that nobody has looked at is found, and named."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator

import docker
import pytest
from docker.models.images import Image

from tools.images.engine import EngineError
from tools.images.inventory import read

VENV = "opt/venv/lib/python3.11/site-packages"
SERVICE = """
name = "toy"
version = "1.2.3"
[[models]]
role = "net"
id = "own/net"
revision = "v2"
licence = "Apache-2.0"
files = ["model.pt"]
"""
FILES = {
    "app/services/toy/service.toml": SERVICE,
    "usr/bin/tini": "%s version\0tini version 0.19.0\0",
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nVersion: 2.36\n"
    "Source: glibc\n\nPackage: bsdutils\nStatus: install ok installed\nVersion: 1:2.38-5\n"
    "Source: util-linux (2.38-5)\n\n"
    "Package: tar\nStatus: install ok installed\nVersion: 1.34\n\n"
    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
    f"{VENV}/good-1.0.dist-info/METADATA": "Name: good\nVersion: 1.0\nLicense: MIT License\n",
    "usr/lib/python3/bad-1.0.dist-info/METADATA": "Name: bad\nVersion: 1.0\nLicense: BSD\n",
    "models/own/net/model.pt": "weights",
}
Make = Callable[[dict[str, str]], Image]


def locked(revision: str) -> dict[str, str]:
    lock = {"models": [{"id": "own/net", "revision": revision, "files": []}]}
    return {"models/own/net/models.lock": json.dumps(lock)}


@pytest.fixture
def make(engine: docker.DockerClient) -> Iterator[Make]:
    """An image of these files alone."""
    made: list[Image] = []

    def run(files: dict[str, str], command: str = "services.toy.handler") -> Image:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path, text in files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        answer = engine.api.import_image_from_data(
            packed.getvalue(), changes=[f'CMD ["python3", "-m", "{command}"]']
        )
        made.append(engine.images.get(json.loads(answer.splitlines()[-1])["status"]))
        return made[-1]

    yield run
    for image in made:
        engine.images.remove(str(image.id), force=True)


def test_what_is_there_is_named_with_its_version_and_licence(
    engine: docker.DockerClient, make: Make
) -> None:
    found = read(engine, make(FILES | locked("v2")))
    assert (found.service.version, found.tini[0].version) == ("1.2.3", "0.19.0")
    assert [(p.name, p.version, p.source, p.source_version) for p in found.debian] == [
        ("libc6", "2.36", "glibc", "2.36"),
        ("bsdutils", "1:2.38-5", "util-linux", "2.38-5"),
        ("tar", "1.34", "tar", "1.34"),
    ]
    assert [(p.name, p.licence, p.added) for p in found.python] == [
        ("bad", None, False),
        ("good", "MIT", True),
    ]
    (model,) = found.models
    assert (model.name, model.version, model.licence) == ("own/net", "v2", "Apache-2.0")
    assert all(package.licence for package in found.added), "the base's are not ours to look at"


@pytest.mark.parametrize(("revision", "licence"), [("v3", None), ("tiny-1", "Apache-2.0")])
def test_a_models_licence_is_that_of_the_revision_that_was_looked_at(
    engine: docker.DockerClient, make: Make, revision: str, licence: str | None
) -> None:
    (model,) = read(engine, make(FILES | locked(revision))).models
    assert model.licence == licence


@pytest.mark.parametrize(
    "words", ["License: BSD", "License: See the file", "Summary: says nothing"]
)
def test_words_that_may_mean_several_licences_are_none(
    engine: docker.DockerClient, make: Make, words: str
) -> None:
    path = f"{VENV}/new-1.0.dist-info/METADATA"
    found = read(engine, make(FILES | {path: f"Name: new\nVersion: 1.0\n{words}\n"}))
    assert [package.name for package in found.added if not package.licence] == ["new"]


def test_an_image_of_something_else_is_refused(engine: docker.DockerClient, make: Make) -> None:
    with pytest.raises(EngineError, match="is no image of a service"):
        read(engine, make({"etc/os-release": ""}))
