"""What is in an image, read from its files and not from what it was to be made from."""

from __future__ import annotations

import email
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import IO

import docker
from docker.models.images import Image

from shared.models.lock import LOCK_NAME, Lock
from shared.models.spec import asked_for
from tools.images.archive import files
from tools.images.engine import EngineError
from tools.images.inputs import LICENSE
from tools.images.licences import licence_of

READ = (
    *("*.dist-info/METADATA", "*.egg-info/PKG-INFO"),
    *("var/lib/dpkg/status", "etc/os-release", "usr/lib/os-release"),
    *(f"models/*/{LOCK_NAME}", "app/services/*/service.toml", "usr/bin/tini"),
)
HASHED = ("app/*", "models/*", "usr/bin/tini")


@dataclass(frozen=True, slots=True)
class Package:
    """Something with a version.

    Attributes:
        licence: an SPDX expression; None if it is not told.
        added: whether it is above the base image.
    """

    name: str
    version: str
    licence: str | None = None
    added: bool = False


@dataclass(frozen=True, slots=True)
class Model(Package):
    """A model: its id and revision, and the SHA-256 of each of its files as they are there."""

    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Binary(Package):
    """A package of the system, and what it was built from: advisories speak of that."""

    source: str = ""
    source_version: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is in an image.

    Attributes:
        service: the service.
        code: SHA-256 of the listing that ``sha256sum`` would print of the files below ``/app``.
        system: the base's distribution and its release.
        tini: the first process, and the SHA-256 of its file.
    """

    service: Package
    code: str
    system: Package
    tini: tuple[Package, str]
    models: list[Model]
    python: list[Package]
    debian: list[Binary]

    @property
    def added(self) -> list[Package]:
        """All that is above the base image."""
        python = (package for package in self.python if package.added)
        return [self.service, *self.models, self.tini[0], *python]


def read(client: docker.DockerClient, image: Image) -> Inventory:
    """Look at every file of a service's image.

    Raises:
        EngineError: it is none.
    """
    texts: dict[str, bytes] = {}
    hashes: dict[str, str] = {}
    for entry, file in files(client, image):
        kept, hashed = (any(fnmatch(entry.name, p) for p in group) for group in (READ, HASHED))
        if file and (kept or hashed):
            content = file.read() if kept else b""
            texts |= {entry.name: content} if kept else {}
            hashes[entry.name] = _sha256(content, file)
    try:
        return _inventory(image.attrs["Config"]["Cmd"][-1].split(".")[1], texts, hashes)
    except (IndexError, KeyError, TypeError):
        raise EngineError(f"{', '.join(image.tags) or image.id} is no image of a service") from None


def _sha256(begun: bytes, file: IO[bytes]) -> str:
    digest = hashlib.sha256(begun)
    while block := file.read(2**20):
        digest.update(block)
    return digest.hexdigest()


def _inventory(name: str, texts: dict[str, bytes], hashes: dict[str, str]) -> Inventory:
    tables = tomllib.loads(texts[f"app/services/{name}/service.toml"].decode())
    code = "".join(
        f"{sha256}  {path}\n"
        for path, sha256 in sorted(hashes.items())
        if path.startswith("app/") and not path.endswith(".pyc")
    )
    found = re.search(rb"tini version ([\d.]+)", texts["usr/bin/tini"])
    tini = Package("tini", found[1].decode() if found else "", "MIT", added=True)
    return Inventory(
        service=Package(f"{name}-service", tables["version"], LICENSE, added=True),
        code=hashlib.sha256(code.encode()).hexdigest(),
        system=_system(texts),
        tini=(tini, hashes["usr/bin/tini"]),
        models=list(_models(tables, texts, hashes)),
        python=sorted(_python(texts), key=lambda package: (package.name.lower(), package.added)),
        debian=list(_debian(texts.get("var/lib/dpkg/status", b"").decode())),
    )


def _system(texts: dict[str, bytes]) -> Package:
    text = texts.get("usr/lib/os-release") or texts.get("etc/os-release", b"")
    said = dict(re.findall(r'^(\w+)="?([^"\n]*)', text.decode(), re.MULTILINE))
    return Package(said.get("ID", "linux"), said.get("VERSION_ID", ""))


def _models(
    tables: dict[str, object], texts: dict[str, bytes], hashes: dict[str, str]
) -> Iterator[Model]:
    """The models, whose licence is known for the revision that the service names, and the tiny."""
    licences = {(model.id, model.revision): model.licence for model in asked_for(tables)}
    for path, text in sorted(texts.items()):
        if not path.startswith("models/"):
            continue
        folder = f"{PurePosixPath(path).parent}/"
        (model,) = Lock.model_validate_json(text).models
        tiny = model.revision.startswith("tiny-")
        licence = LICENSE if tiny else licences.get((model.id, model.revision))
        inside = ((p.removeprefix(folder), h) for p, h in hashes.items() if p.startswith(folder))
        yield Model(model.id, model.revision, licence, added=True, files=tuple(sorted(inside)))


def _python(texts: dict[str, bytes]) -> Iterator[Package]:
    for path, text in texts.items():
        if path.endswith(("/METADATA", "/PKG-INFO")):
            said = email.message_from_bytes(text)
            added = path.startswith("opt/venv/")
            yield Package(said["Name"], said["Version"], licence_of(said), added)


def _debian(status: str) -> Iterator[Binary]:
    for paragraph in filter(None, status.split("\n\n")):
        said = email.message_from_string(paragraph)
        if str(said["Status"]).endswith(" installed"):
            name, version = said["Package"], said["Version"]
            # Not said where it is the same; its version only where that is another.
            source, _, other = said.get("Source", name).partition(" ")
            yield Binary(name, version, source=source, source_version=other.strip("()") or version)
