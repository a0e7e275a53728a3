"""A small model, and the volumes it may lie on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.models.layouts import snapshot
from shared.models.lock import LOCK_NAME, Lock, LockedFile, LockedModel
from shared.models.spec import ModelSpec

ID = "iic/a-model"
FILES = {"config.yaml": b"model: X\n", "configuration.json": b"{}\n", "model.pt": b"weights"}
WANTED = ModelSpec(role="x", id=ID, revision="v2", files=tuple(FILES))


@dataclass(frozen=True)
class Volume:
    """A folder of models."""

    root: Path

    @property
    def place(self) -> Path:
        """Where our command puts the wanted revision."""
        return self.root / snapshot(ID, "v2")

    def put(self, where: str | None = None, *, weights: bytes = b"weights") -> Path:
        """The model in a folder, as ModelScope's client leaves it: without a lock."""
        folder = self.root / where if where else self.place
        folder.mkdir(parents=True)
        for name, content in (FILES | {"model.pt": weights}).items():
            (folder / name).write_bytes(content)
        return folder


def lock_of(folder: Path, *names: str, revision: str = "v2") -> LockedModel:
    """What a folder's files are: those of these names, or all of a model's."""
    files = tuple(LockedFile.of(folder, name) for name in names or FILES)
    return LockedModel(id=ID, revision=revision, files=files)


def write_lock(folder: Path, *names: str, revision: str = "v2") -> None:
    """Lay that lock beside the model."""
    Lock(models=(lock_of(folder, *names, revision=revision),)).write(folder / LOCK_NAME)
