"""What the bytes of an image's layers are: which package, which model, whose code."""

from __future__ import annotations

import csv
import io
import posixpath
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Literal

from docker.models.images import Image

from tools.images.archive import digests, layers, member
from tools.images.report import layers_above

Kind = Literal["package", "model", "code", "tini", "rest"]


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Something that takes room: a Python package, a model, our code, tini, or a folder."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Content:
    """A layer: the step of the Dockerfile that made it, and the bytes of each part in it."""

    step: str
    parts: Counter[Part]


def contents(image: Image, base: Image) -> list[Content]:
    """The layers above a base that have bytes in them, lowest first; folders weigh nothing."""
    counted = [count(layer) for layer in layers(image, len(digests(base)))]
    steps = [layer.step for layer in layers_above(image, base)]
    return [
        Content(step, parts)
        for step, parts in zip(steps, filter(Counter.total, counted), strict=True)
    ]


def count(layer: IO[bytes]) -> Counter[Part]:
    """The bytes of each part of a layer, a tar archive that may be compressed."""
    with tarfile.open(fileobj=layer) as archive:
        files = {entry.name: entry for entry in archive if entry.isreg()}
        owners: dict[str, str] = {}
        for path, entry in files.items():
            if path.endswith(".dist-info/RECORD"):
                text = member(archive, entry).read().decode()
                owners |= dict.fromkeys(_recorded(path, text), _package(path))
    parts: Counter[Part] = Counter()
    for path, entry in files.items():
        parts[_part(path, owners)] += entry.size
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
        return Part("tini", "tini")
    return Part("rest", "/" + "/".join(folders[:3]))
