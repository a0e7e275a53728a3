"""The lock of a model: the size and SHA-256 of each of its files, as JSON in a ``models.lock``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from shared.errors import ModelAltered, ModelMissing

LOCK_NAME = "models.lock"
_ALIASES = {"iic": "damo", "damo": "iic"}


def _inside(path: str) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ValueError("a locked file lies in its model's folder")
    return path


class LockedFile(BaseModel):
    """One file of a model: path relative to the model's folder, size in bytes, SHA-256 in hex."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, AfterValidator(_inside)]
    size: int
    sha256: str

    @classmethod
    def of(cls, folder: Path, path: str) -> LockedFile:
        """What a file in a model's folder is now."""
        file = folder / path
        return cls(path=path, size=file.stat().st_size, sha256=sha256(file))


class LockedModel(BaseModel):
    """One model: ``owner/name``, the revision its files were taken from, and the files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    revision: str
    files: tuple[LockedFile, ...]

    def check(self, folder: Path, *, hash_up_to: int | None = None) -> None:
        """Compare the files in a folder with this lock.

        Args:
            folder: where the files are.
            hash_up_to: larger files, in bytes, are compared by size only; None: none are.

        Raises:
            ModelMissing: a locked file is not there, or cannot be read.
            ModelAltered: a file differs.
        """
        for entry in self.files:
            path = present(self.id, folder, entry.path)
            size = path.stat().st_size
            by_hash = hash_up_to is None or size <= hash_up_to
            if size != entry.size or (by_hash and sha256(path) != entry.sha256):
                raise ModelAltered(f"{self.id}: {entry.path} differs from its lock")


class Lock(BaseModel):
    """The content of a ``models.lock``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = 1
    models: tuple[LockedModel, ...]

    @classmethod
    def read(cls, path: Path) -> Lock:
        """Parse a lock file.

        Raises:
            ModelAltered: it is not a lock.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (ValidationError, OSError):
            raise ModelAltered(f"{path.name} cannot be read; provide the model again") from None

    def write(self, path: Path) -> None:
        """Write a lock file, whole or not at all; the same lock always gives the same bytes."""
        beside = path.with_name(f".{path.name}.new")
        try:
            beside.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def model(self, model_id: str) -> LockedModel | None:
        """The entry of a model, under any of its names; None if there is none."""
        return next((model for model in self.models if model.id in names(model_id)), None)


def present(model_id: str, folder: Path, name: str) -> Path:
    """Path of one of a model's files.

    Raises:
        ModelMissing: there is no such file, or this user may not read it.
    """
    path = folder / name
    if not path.is_file():
        raise ModelMissing(f"{model_id}: {name} is missing; provide the model again")
    if not os.access(path, os.R_OK):
        raise ModelMissing(f"{model_id}: {name} cannot be read by this user")
    return path


def names(model_id: str) -> list[str]:
    """A model's id and its former or later one: ModelScope's own models moved from damo to iic."""
    owner, _, name = model_id.partition("/")
    return [model_id] + [f"{alias}/{name}" for alias in [_ALIASES.get(owner)] if alias]


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
