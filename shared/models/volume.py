"""Models on a network volume, which outlives the images that use it and which others can write to.

An image without models brings the lock of those it was made for. A model counts only if all of its
files have the hashes of that lock, whoever put it there and in whichever layout: ours, or that of
ModelScope's own client. The lock beside a model, if there is one, says what the image's leaves
open, and tells a model of another revision from a damaged one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shared.errors import ModelAltered, ModelError, ModelMissing, ModelOutdated
from shared.models.folder import ModelFolder
from shared.models.layouts import folders
from shared.models.lock import LockedModel
from shared.models.spec import ModelSpec

# Compares a model's files with its lock, and says where they are to be read from.
Take = Callable[[ModelFolder], ModelFolder]

FILL = "fill it with `nox -s volume`"


def in_place(folder: ModelFolder) -> ModelFolder:
    """Compare all files of a model with its lock, by hash."""
    folder.verify(hash_up_to=None)
    return folder


def find(
    wanted: ModelSpec, expected: LockedModel | None, root: Path, take: Take = in_place
) -> ModelFolder:
    """Find a model that is what it should be.

    Args:
        wanted: what the service asks for.
        expected: what the image's lock says of it.
        root: the volume's folder of models.
        take: compares the files.

    Returns:
        Its folder; without a lock if some of its files are known to neither lock.

    Raises:
        ModelMissing: there is no volume, no model, or it cannot be read.
        ModelOutdated: there is one of another revision.
        ModelAltered: there is one whose files differ from the lock.
    """
    _check_mounted(root)
    partly: ModelFolder | None = None
    problems: list[ModelError] = []
    try:
        for path in folders(wanted.id, root, (expected or wanted).revision):
            try:
                found = _agreed(wanted, expected, ModelFolder.at(wanted.id, path), take)
            except ModelError as problem:
                problems.append(problem)
            else:
                if found.verified:
                    return found
                partly = partly or found
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelMissing(f"{wanted.id} cannot be read from the volume: {reason}") from None
    if partly:
        return partly
    # One of another revision may well lie beside the one that is meant.
    problems.sort(key=lambda problem: isinstance(problem, ModelOutdated))
    raise problems[0] if problems else ModelMissing(f"{wanted.id} is not on the volume; {FILL}")


def _check_mounted(root: Path) -> None:
    try:
        if root.is_dir():
            return
        mounted = root.resolve().parent.is_dir()
    except PermissionError:
        raise ModelMissing("the volume's folder of models cannot be read by this user") from None
    if mounted:
        raise ModelMissing(f"the volume has no folder of models; {FILL}")
    raise ModelMissing(
        "there is no network volume: this image has no models of its own, so attach the volume "
        "that has them to the endpoint"
    )


def _agreed(
    wanted: ModelSpec, expected: LockedModel | None, found: ModelFolder, take: Take
) -> ModelFolder:
    """The model, if its files are those of the image's lock and, beyond it, of the one beside."""
    ours = {entry.path: entry for entry in expected.files} if expected else {}
    beside = {entry.path: entry for entry in found.lock.files} if found.lock else {}
    revision = (expected or found.lock or wanted).revision
    if any(beside.get(path, entry) != entry for path, entry in ours.items()):
        what = "other files of it" if found.revision == revision else found.revision
        raise ModelOutdated(
            f"{wanted.id}: {revision} is needed, the volume has {what}; {FILL} of the release that "
            "is deployed"
        )
    entries = [entry for path, entry in sorted((beside | ours).items()) if path in wanted.files]
    if not entries:
        raise ModelAltered(f"{wanted.id}: no lock says what it has to be; {FILL}")
    known = LockedModel(id=wanted.id, revision=revision, files=tuple(entries))
    taken = take(replace(found, lock=known))
    for name in wanted.files:  # whether a lock knows it or not
        replace(taken, lock=None).file(name)
    return taken if len(entries) == len(wanted.files) else replace(taken, lock=None)
