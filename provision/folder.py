"""Takes models from a folder, not the hub: the bundled tiny weights, a copy made elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from provision.errors import NotInFolder
from shared.errors import ModelAltered
from shared.models.lock import LOCK_NAME, Lock, LockedModel
from shared.models.spec import ModelSpec


class Folder:
    """A folder with models in ``<owner>/<name>/``.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def lock(self, model: ModelSpec) -> LockedModel | None:
        """The lock beside the model; such a copy says itself which revision it is."""
        path = self._root / model.id / LOCK_NAME
        try:
            return Lock.read(path).model(model.id) if path.exists() else None
        except ModelAltered as error:
            raise NotInFolder(f"{model.id}: {error}") from None

    def fetch(self, model: ModelSpec, known: LockedModel | None, folder: Path) -> None:
        """Copy the files of a model into a folder.

        Raises:
            NotInFolder: they are not all there, or cannot be read.
        """
        source = self._root / model.id
        for path in model.files:
            if not os.path.isfile(source / path):  # noqa: PTH113 - False where it may not look
                raise NotInFolder(f"the folder to copy from has no {model.id}/{path}")
            if not os.access(source / path, os.R_OK):
                raise NotInFolder(f"{source / path} cannot be read by this user")
        folder.mkdir(parents=True, exist_ok=True)
        for path in model.files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, folder / path)
