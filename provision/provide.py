"""Puts models in their place: fetched aside, checked against the lock, then moved in whole.

A model's place either holds a whole model with its lock or is as it was before.
"""

from __future__ import annotations

import glob
import shutil
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provision.errors import DiskError, LockOutdated, NoSpace, ProvisionError, disk_errors
from provision.failures import differs
from provision.place import (
    INCOMING,
    alone_in,
    check_replaceable,
    go_on_from,
    recover,
    remove,
    remove_empty,
    settle,
    swap,
)
from shared.errors import ModelError
from shared.models.lock import LOCK_NAME, Lock, LockedFile, LockedModel
from shared.models.spec import ModelSpec


class Source(Protocol):
    """Where models come from."""

    def lock(self, model: ModelSpec) -> LockedModel | None:
        """What the source's own lock says; None to go by the service's."""

    def fetch(self, model: ModelSpec, known: LockedModel | None, folder: Path) -> None:
        """Bring the model's files into a folder, continuing what is there."""


@dataclass(frozen=True, slots=True)
class Provided:
    """A model in its place.

    Attributes:
        model: the lock that lies beside it.
        fetched: False when it was there already.
        unknown: files that no lock knew, taken as they came.
    """

    model: LockedModel
    fetched: bool
    unknown: tuple[str, ...]


def provide(  # noqa: PLR0913 - three of them are rarely given
    model: ModelSpec,
    locked: LockedModel | None,
    source: Source,
    destination: Path,
    cache: Path | None = None,
    *,
    within: Path | None = None,
    afresh: bool = False,
) -> Provided:
    """Make sure a model is in its place, whole and as its lock says.

    Args:
        model: what the service asks for.
        locked: what the service's ``models.lock`` says of it.
        source: where it comes from.
        destination: the folder of models.
        cache: keeps downloads between image builds, and after a download was interrupted.
        within: its place in that folder, if other revisions have others; ``<owner>/<name>`` is
            any revision's.
        afresh: fetch it even if it is there.

    Raises:
        ProvisionError: it is not; what was in its place before is there still.
    """
    known = source.lock(model) or locked
    if known is locked:
        check_revision(model, locked)
    name = model.id.replace("/", "--")
    download = f"{name}@{model.revision.replace('/', '--')}"
    place, incoming = destination / (within or model.id), destination / INCOMING
    old = incoming / f"{'--'.join(place.relative_to(destination).parts)}.ready.old"
    with disk_errors(destination), alone_in(destination) as machine, ExitStack() as apart:
        ready = incoming / download / machine
        recover(place, old)
        apart.callback(_tidy, ready)
        if (there := _current(place, model, known)) and not afresh:
            return Provided(there, fetched=False, unknown=())
        check_replaceable(place)
        staged = cache / download if cache else ready
        if cache:  # others, with folders of their own, may use it too
            apart.enter_context(alone_in(cache))
            apart.callback(remove_empty, staged)
        else:
            go_on_from(ready.parent, ready)
        try:
            found = _fetch(model, known, source, staged)
            _assemble(found, staged, ready)
            # Another machine may have been faster, and what it brought be in use.
            if afresh or not _current(place, model, known):
                swap(ready, place, old)
        except (ProvisionError, OSError):
            # It may also have removed what nobody needs any longer but this process.
            if afresh or not (there := _current(place, model, known)):
                raise
            remove(ready)
            return Provided(there, fetched=False, unknown=())
        with suppress(OSError):  # others may be doing the same
            for other in incoming.glob(f"{glob.escape(name)}@*"):
                if other.name == download or not within:  # or of a revision no longer wanted
                    remove(other)
    listed = {entry.path for entry in known.files} if known else set()
    return Provided(found, fetched=True, unknown=tuple(sorted(set(model.files) - listed)))


def check_revision(model: ModelSpec, locked: LockedModel | None) -> None:
    """Make sure that ``models.lock``, if it knows a model, is about the revision that is wanted.

    Raises:
        LockOutdated: it is about another one.
    """
    if locked and locked.revision != model.revision:
        raise LockOutdated(
            f"{model.id}: service.toml asks for {model.revision}, models.lock is about "
            f"{locked.revision}; write a new lock with `nox -s models-<service> -- --lock`"
        )


def _tidy(folder: Path) -> None:
    """Nothing that is empty stays; what has arrived does, for the next run."""
    remove_empty(folder)
    for parent in (folder.parent, folder.parent.parent):
        with suppress(OSError):
            parent.rmdir()


def _current(place: Path, model: ModelSpec, known: LockedModel | None) -> LockedModel | None:
    """The lock of the model that is in its place, if it is the wanted one and whole."""
    try:
        there = Lock.read(place / LOCK_NAME).model(model.id)
        if there is None or there.revision != (known or model).revision:
            return None
        there.check(place)
    except ModelError:
        return None
    entries = {entry.path: entry for entry in there.files}
    right = all(entries.get(e.path) == e for e in _wanted(model, known))
    return there if right and set(model.files) <= set(entries) else None


def _fetch(
    model: ModelSpec, known: LockedModel | None, source: Source, staged: Path
) -> LockedModel:
    """Bring the files into the staging folder and check them; returns what they are."""
    with disk_errors(staged):
        staged.mkdir(parents=True, exist_ok=True)
        _check_room(model, known, staged)
        try:
            source.fetch(model, known, staged)
        except (DiskError, OSError):
            shutil.rmtree(staged, ignore_errors=True)
            raise
        files = tuple(LockedFile.of(staged, path) for path in sorted(model.files))
        entries = {entry.path: entry for entry in files}
        for entry in _wanted(model, known):
            if entries[entry.path] != entry:
                (staged / entry.path).unlink()
                raise differs(model, entry.path)
    return LockedModel(id=model.id, revision=(known or model).revision, files=files)


def _check_room(model: ModelSpec, known: LockedModel | None, staged: Path) -> None:
    missing = [entry for entry in _wanted(model, known) if not (staged / entry.path).exists()]
    begun = sum(path.stat().st_size for path in staged.rglob("*.incomplete"))
    needed, free = sum(entry.size for entry in missing) - begun, shutil.disk_usage(staged).free
    if needed > free:
        raise NoSpace(
            f"{model.id} needs {needed / 1e6:.1f} MB more and the disk has {free / 1e6:.1f} MB "
            f"free ({staged.parent}); make room and run again"
        )


def _wanted(model: ModelSpec, known: LockedModel | None) -> list[LockedFile]:
    return [entry for entry in known.files if entry.path in model.files] if known else []


def _assemble(model: LockedModel, staged: Path, ready: Path) -> None:
    """Make the folder that is to be moved in: the model's files, its lock, nothing else."""
    if staged != ready:  # the cache keeps them
        _copy(model, staged, ready)
    wanted = {ready / entry.path for entry in model.files}
    for path in ready.rglob("*"):
        if not path.is_dir() and path not in wanted:
            path.unlink()
    remove_empty(ready)
    Lock(models=(model,)).write(ready / LOCK_NAME)
    model.check(ready)
    settle(ready)


def _copy(model: LockedModel, staged: Path, ready: Path) -> None:
    remove(ready)
    try:
        for entry in model.files:
            target = ready / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(staged / entry.path, target)
    except BaseException:
        shutil.rmtree(ready, ignore_errors=True)
        raise
