"""The lock beside a tiny model."""

from __future__ import annotations

from pathlib import Path

from shared.models.lock import LOCK_NAME, Lock, LockedFile, LockedModel

REVISION = "tiny-1"


def write_lock(folder: Path, names: tuple[str, ...]) -> None:
    """Locks those files of ``.../<owner>/<name>`` as they are now."""
    files = tuple(LockedFile.of(folder, name) for name in names)
    model = LockedModel(id="/".join(folder.parts[-2:]), revision=REVISION, files=files)
    Lock(models=(model,)).write(folder / LOCK_NAME)
