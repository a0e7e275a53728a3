"""Builds an image twice, every step anew, and says what differs: ``nox -s verify-vad``."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import IO, cast

from docker.models.images import Image

from tools.images.build import run
from tools.images.engine import EngineError, connect
from tools.images.inputs import gather
from tools.images.pin import pull
from tools.images.plan import Plan, plan

SHOWN = 20  # differences of a layer that are printed


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in a layer: all that the layer says of it.

    Attributes:
        kind: as tar has it: a file, a folder, a link.
        content: SHA-256 of a file's bytes; where a link leads.
        mode: its permission bits.
        owner: user and group.
        time: when it was changed, in seconds since 1970.
    """

    kind: bytes
    content: str
    mode: int
    owner: tuple[int, int]
    time: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that two builds made differently: which of an entry's fields, and is it a folder."""

    path: str
    fields: tuple[str, ...]
    is_folder: bool

    @property
    def matters(self) -> bool:
        """Whether it is more than a folder that bears the time when the engine made it."""
        return not (self.is_folder and self.fields == ("time",))


def main() -> int:
    """Build twice and compare; 0 when nothing differs that matters."""
    try:
        return verify(plan(sys.argv[1], sys.argv[2:], verb="verify"))
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def verify(plan: Plan) -> int:
    """Build an image twice from one context, print what differs; 0 when nothing that matters does.

    Raises:
        EngineError: the image cannot be built.
    """
    client = connect()
    inputs = gather(client, plan)
    base = pull(client, plan.base, inputs.base)
    names = [f"{inputs.reference}-{which}" for which in ("first", "second")]
    try:
        first, second = (run(client, inputs, name) for name in names)
        print(f"\n{inputs.reference}, built twice")
        found = compare(first, second, len(_layers(base)))
        return _report(found, same_id=first.id == second.id)
    finally:
        for name in names:
            if client.images.list(name):
                client.images.remove(name)


def compare(first: Image, second: Image, below: int = 0) -> dict[tuple[str, str], list[Difference]]:
    """What differs between two images in each layer above their base, by the layer's digests.

    The images are saved to disk, base included, only if there is something to look for.

    Args:
        first: an image.
        second: another one, with as many layers.
        below: how many of these are the base's.
    """
    layers = list(zip(_layers(first)[below:], _layers(second)[below:], strict=True))
    if all(one == other for one, other in layers):
        return {layer: [] for layer in layers}
    trees = zip(_trees(first, below), _trees(second, below), strict=True)
    return {layer: list(differences(*pair)) for layer, pair in zip(layers, trees, strict=True)}


def differences(first: Mapping[str, Entry], second: Mapping[str, Entry]) -> Iterator[Difference]:
    """The paths that are not the same in two layers, sorted."""
    for path in sorted(first.keys() | second.keys()):
        one, other = first.get(path), second.get(path)
        if one and other:
            names = (field.name for field in fields(Entry))
            differing = tuple(name for name in names if getattr(one, name) != getattr(other, name))
        else:
            differing = ("only in the first" if one else "only in the second",)
        if differing:
            is_folder = all(entry and entry.kind == tarfile.DIRTYPE for entry in (one, other))
            yield Difference(path, differing, is_folder)


def entries(layer: IO[bytes]) -> dict[str, Entry]:
    """What is in a layer, a tar archive that may be compressed, by path."""
    found = {}
    with tarfile.open(fileobj=layer) as archive:
        for member in archive:
            content = member.linkname
            if member.isreg():
                file = _member(archive, member)
                content = hashlib.file_digest(file, "sha256").hexdigest()
            owner = (member.uid, member.gid)
            found[member.name] = Entry(member.type, content, member.mode, owner, member.mtime)
    return found


def _layers(image: Image) -> list[str]:
    found: list[str] = image.attrs["RootFS"]["Layers"]
    return found


def _trees(image: Image, below: int) -> Iterator[dict[str, Entry]]:
    """The layers of an image above its lowest ones, one after the other."""
    with tempfile.TemporaryFile() as file:
        for block in image.save():
            file.write(block)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            (image_of_archive,) = json.load(_member(archive, "manifest.json"))
            for name in image_of_archive["Layers"][below:]:
                yield entries(_member(archive, name))


def _member(archive: tarfile.TarFile, name: str | tarfile.TarInfo) -> io.BufferedReader:
    return cast("io.BufferedReader", archive.extractfile(name))


def _report(found: Mapping[tuple[str, str], list[Difference]], *, same_id: bool) -> int:
    for (one, other), differing in found.items():
        same = "identical" if one == other else "the same files, archived in another way"
        print(f"{one}  {f'{len(differing)} differ' if differing else same}")
        for difference in differing[:SHOWN]:
            print(f"  /{difference.path}: {', '.join(difference.fields)}")
        if len(differing) > SHOWN:
            print(f"  ... and {len(differing) - SHOWN} more")
    if not same_id:
        print("the image's id differs: this engine puts the time of the build into it")
    matters = any(difference.matters for differing in found.values() for difference in differing)
    print("differences that matter" if matters else "the same files: content, mode, owner, time")
    return int(matters)


if __name__ == "__main__":
    sys.exit(main())
