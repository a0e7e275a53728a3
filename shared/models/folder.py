"""Finds a model on disk and checks its files against the lock beside them.

A model lives in ``<MODELS_DIR>/<owner>/<name>/``. Folders that ModelScope's own client made are
recognised too, and so is a model under its former owner (``damo`` became ``iic``). A folder without
a lock can be used; it just cannot be verified.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import ModelAltered, ModelMissing, ModelUnusable
from shared.models.layouts import folders
from shared.models.lock import LOCK_NAME, Lock, LockedModel, present

HASH_UP_TO = 64 * 2**20  # larger files are compared by size when a worker starts


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on disk.

    Attributes:
        id: ``owner/name`` as the service asked for it.
        path: the folder.
        lock: what its files should be, or None for a model without a lock.
    """

    id: str
    path: Path
    lock: LockedModel | None

    @classmethod
    def at(cls, model_id: str, path: Path) -> ModelFolder:
        """The model in a folder, with the lock that lies there.

        Raises:
            ModelAltered: the lock is unreadable or is another model's.
        """
        lock = None
        if (path / LOCK_NAME).exists():
            lock = Lock.read(path / LOCK_NAME).model(model_id)
            if lock is None:
                raise ModelAltered(f"the lock beside {model_id} is another model's")
        return cls(model_id, path, lock)

    @property
    def revision(self) -> str | None:
        """The locked revision; None when nothing says which one it is."""
        return self.lock.revision if self.lock else None

    @property
    def verified(self) -> bool:
        """Whether the files are the ones a lock names."""
        return self.lock is not None

    def verify(self, *, hash_up_to: int | None = HASH_UP_TO) -> None:
        """Compare the files with the lock, by hash up to that size (None: always by hash).

        Raises:
            ModelMissing: a locked file is not there, or cannot be read.
            ModelAltered: a file differs.
        """
        if self.lock:
            self.lock.check(self.path, hash_up_to=hash_up_to)

    def read_ahead(self) -> None:
        """Have the system read large files, which ``verify`` did not, while other things go on."""
        threading.Thread(target=_read_ahead, args=(self.path,), daemon=True).start()

    def has(self, name: str) -> bool:
        """Whether this is one of its files: one of those its lock lists, if it has a lock."""
        if self.lock:
            return any(entry.path == name for entry in self.lock.files)
        return (self.path / name).is_file()

    def file(self, name: str) -> Path:
        """Path of one of the model's files.

        Raises:
            ModelMissing: there is no such file in the folder, or it cannot be read.
            ModelAltered: the lock does not list it.
        """
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ModelAltered(f"{self.id} refers to a file outside of its folder")
        if self.lock and not self.has(name):
            raise ModelAltered(f"{self.id}: {name} is not in its lock")
        return present(self.id, self.path, name)

    def config(self) -> dict[str, Any]:
        """The network's configuration (``config.yaml``)."""
        import yaml  # only a worker has it

        try:
            config = yaml.safe_load(self.file("config.yaml").read_bytes())
        except yaml.YAMLError:
            config = None
        if not isinstance(config, dict):
            raise ModelUnusable(f"{self.id}: config.yaml holds no configuration")
        return config

    def configuration(self) -> dict[str, Any]:
        """What the hub says of the model (``configuration.json``); empty if it says nothing."""
        try:
            configuration = json.loads(self.file("configuration.json").read_bytes())
        except ValueError:
            configuration = None
        return configuration if isinstance(configuration, dict) else {}

    def asset(self, *keys: str) -> Path:
        """A file named in ``configuration.json`` under ``file_path_metas``: weights and the like.

        Raises:
            ModelUnusable: the configuration names no such file.
        """
        found: Any = self.configuration().get("file_path_metas")
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, str):
            raise ModelUnusable(f"{self.id}: configuration.json names no {'.'.join(keys)}")
        return self.file(found)


def _read_ahead(folder: Path) -> None:
    with suppress(OSError, AttributeError):  # it is advice, which not every system takes
        for path in folder.iterdir():
            if path.is_file() and path.stat().st_size > HASH_UP_TO:
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def locate(model_id: str, models_dir: Path, revision: str = "master") -> ModelFolder:
    """Find a model below ``models_dir`` in any layout that ModelScope's clients have used.

    Args:
        model_id: ``owner/name``; ``damo/...`` and ``iic/...`` stand for each other.
        models_dir: the folder of models.
        revision: preferred where a cache holds several.

    Raises:
        ModelMissing: no layout holds it, or this user may not look.
        ModelAltered: its lock is unreadable or is another model's.
    """
    for folder in folders(model_id, models_dir, revision):
        return ModelFolder.at(model_id, folder)
    raise ModelMissing(f"{model_id} is not in the models folder; see MODELS_DIR")
