"""The files of an image, read from the engine one after the other; nothing of it is run."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast

import docker
from docker.models.images import Image

Entry = tuple[tarfile.TarInfo, IO[bytes] | None]  # a path, and what can be read of a file


def files(client: docker.DockerClient, image: Image) -> Iterator[Entry]:
    """Every path of an image, base included, without a slash in front; files can be read.

    A file can be read until the next path is asked for.
    """
    container = client.containers.create(image, ["never-run"])
    try:
        stream = io.BufferedReader(_Stream(cast("Iterator[bytes]", container.export())), 2**20)
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                yield member, archive.extractfile(member) if member.isreg() else None
    finally:
        container.remove()


def digests(image: Image) -> list[str]:
    """The SHA-256 of each layer's uncompressed archive, lowest first."""
    found: list[str] = image.attrs["RootFS"]["Layers"]
    return found


def layers(image: Image, below: int = 0) -> Iterator[IO[bytes]]:
    """The layers of an image above its lowest ones, as tar archives that may be compressed.

    The image is saved to disk first, base included: the engine gives no layer by itself.
    """
    with tempfile.TemporaryFile() as file:
        for block in image.save():
            file.write(block)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            (manifest,) = json.load(member(archive, "manifest.json"))
            for name in manifest["Layers"][below:]:
                yield member(archive, name)


def member(archive: tarfile.TarFile, name: str | tarfile.TarInfo) -> io.BufferedReader:
    """A regular file of an archive."""
    return cast("io.BufferedReader", archive.extractfile(name))


class _Stream(io.RawIOBase):
    """Blocks that come one after the other, as a file to read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as in io
        self._rest = self._rest or next(self._blocks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
