"""The lock of a model: the size and SHA-256 of each of its files, as JSON in a ``models.lock``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import ModelAltered

LOCK_NAME = "models.lock"


class LockedFile(BaseModel):
    """One file of a model: path relative to the model's folder, size in bytes, SHA-256 in hex."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    size: int
    sha256: str


class LockedModel(BaseModel):
    """One model: ``owner/name``, the revision its files were taken from, and the files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    revision: str
    files: tuple[LockedFile, ...]


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


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
