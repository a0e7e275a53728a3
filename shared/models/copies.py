"""Copies models to a local disk when a worker starts, hashing them on the way.

What is read from a network volume anyway is read once, and nothing that happens to the volume later
reaches the worker.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from shared.errors import ModelAltered, ModelNotCopied
from shared.models.folder import ModelFolder
from shared.models.lock import LockedFile, present

BLOCK = 2**20


def copied(model: ModelFolder, names: Iterable[str], to: Path) -> ModelFolder:
    """A copy of a model whose files are those its lock names; made only if there is none yet.

    Processes that start at once may each make one; the first that is whole is used by all.

    Args:
        model: where it is.
        names: the files that are needed, whether its lock lists them or not.
        to: the folder of copies.

    Raises:
        ModelMissing: a file is not there, or cannot be read.
        ModelAltered: a file, or one of a copy that is there already, differs from the lock.
        ModelNotCopied: there is no room, or the folder cannot be written to.
    """
    locked = {entry.path: entry for entry in model.lock.files} if model.lock else {}
    lock = model.lock.model_dump_json() if model.lock else ""
    version = hashlib.sha256(lock.encode()).hexdigest()[:16]
    place = to / model.id.replace("/", "--") / version
    if not place.is_dir():
        needed = dict.fromkeys([*names, *locked])
        sources = {name: present(model.id, model.path, name) for name in needed}
        try:
            _make(model.id, sources, locked, place)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ModelNotCopied(
                f"{model.id} cannot be copied ({reason}); see MODELS_COPY"
            ) from None
    else:
        replace(model, path=place).verify(hash_up_to=None)
    return replace(model, path=place)


def _make(
    model_id: str, sources: dict[str, Path], locked: dict[str, LockedFile], place: Path
) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    needed = sum(source.stat().st_size for source in sources.values())
    free = shutil.disk_usage(place.parent).free
    if needed > free:
        raise ModelNotCopied(
            f"{model_id} needs {needed / 1e6:.1f} MB and the disk has {free / 1e6:.1f} MB free; "
            "give the worker more, or unset MODELS_COPY"
        )
    with tempfile.TemporaryDirectory(prefix=".part-", dir=place.parent) as part:
        ready = Path(part, "model")
        for name, source in sources.items():
            copy = _copy(name, source, ready / name)
            if locked.get(name, copy) != copy:
                raise ModelAltered(f"{model_id}: {name} differs from its lock")
        try:
            ready.rename(place)
        except OSError:
            if not place.is_dir():  # no other process was faster
                raise


def _copy(name: str, source: Path, target: Path) -> LockedFile:
    """Copy a file; returns what was read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file, target.open("xb") as copy:
        while block := file.read(BLOCK):
            digest.update(block)
            size += copy.write(block)
    return LockedFile(path=name, size=size, sha256=digest.hexdigest())


def folder_of_copies() -> Path | None:
    """Where MODELS_COPY wants copies: that folder, or for ``1`` one in /tmp; None: nowhere."""
    asked = os.environ.get("MODELS_COPY", "")
    if asked.lower() in {"1", "true", "yes"}:
        return Path(tempfile.gettempdir(), "models")
    return Path(asked) if asked.lower() not in {"", "0", "false", "no"} else None
