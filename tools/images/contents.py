"""What the bytes of an image are: which package, which model, whose code."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

import docker
from docker.models.images import Image

from tools.images.archive import Entry, files

Kind = Literal["package", "model", "code", "tini", "rest"]


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Something that takes room: a Python package, a model, our code, tini, or a folder."""

    kind: Kind
    name: str


Stamps = Mapping[str, tuple[int, float]]  # of files: bytes and time, by path


def stamps(client: docker.DockerClient, image: Image) -> Stamps:
    """The files of an image, to know them again in one that is built upon it."""
    return {entry.name: (entry.size, entry.mtime) for entry, file in files(client, image) if file}


def contents(client: docker.DockerClient, image: Image, base: Stamps) -> Counter[Part]:
    """The bytes that each part of an image adds to its base; folders weigh nothing."""
    return count(files(client, image), base)


def count(entries: Iterable[Entry], base: Stamps) -> Counter[Part]:
    """The bytes of each part, of the files that are not as they are in the base."""
    sizes: dict[str, int] = {}
    owners: dict[str, str] = {}
    for entry, file in entries:
        if file is None or base.get(entry.name) == (entry.size, entry.mtime):
            continue
        sizes[entry.name] = entry.size
        if entry.name.endswith(".dist-info/RECORD"):
            text = file.read().decode()
            owners |= dict.fromkeys(_recorded(entry.name, text), _package(entry.name))
    parts: Counter[Part] = Counter()
    for path, size in sizes.items():
        parts[_part(path, owners)] += size
    return parts


def _recorded(path: str, text: str) -> Iterator[str]:
    """The files that a package's RECORD lists, as paths of the image."""
    packages = posixpath.dirname(posixpath.dirname(path))
    for row in csv.reader(io.StringIO(text)):
        yield posixpath.normpath(posixpath.join(packages, row[0]))


def _package(record: str) -> str:
    return PurePosixPath(record).parent.name.split("-")[0]


def _part(path: str, owners: dict[str, str]) -> Part:
    # Bytecode belongs to what it was compiled from.
    source = re.sub(r"__pycache__/([^/]+)\.cpython-\d+\.pyc$", r"\1.py", path)
    if owner := owners.get(path) or owners.get(source):
        return Part("package", owner)
    folders = PurePosixPath(path).parent.parts
    if folders[:1] == ("models",):
        return Part("model", "/".join(folders[1:]))
    if folders[:1] == ("app",):
        return Part("code", "/app")
    if path == "usr/bin/tini":
        return Part("tini", "/usr/bin/tini")
    return Part("rest", "/" + "/".join(folders[:3]))
