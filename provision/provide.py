"""Puts models in their place: fetched aside, checked against the lock, then moved in whole.

``<destination>/<owner>/<name>/`` either holds a whole model with its lock or is as it was before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provision.errors import LockOutdated, NoSpace, of_the_disk
from provision.hub import differs
from shared.errors import ModelError
from shared.models.lock import LOCK_NAME, Lock, LockedFile, LockedModel
from shared.models.spec import ModelSpec

INCOMING = ".incoming"


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


def provide(  # noqa: PLR0913 - two of them are rarely given
    model: ModelSpec,
    locked: LockedModel | None,
    source: Source,
    destination: Path,
    cache: Path | None = None,
    *,
    afresh: bool = False,
) -> Provided:
    """Make sure a model is in its place, whole and as its lock says.

    Args:
        model: what the service asks for.
        locked: what the service's ``models.lock`` says of it.
        source: where it comes from.
        destination: the folder of models.
        cache: keeps downloads between image builds, and after a download was interrupted.
        afresh: fetch it even if it is there.

    Raises:
        ProvisionError: it is not; what was in its place before is there still.
    """
    known = source.lock(model) or locked
    if known is locked and locked and locked.revision != model.revision:
        raise LockOutdated(
            f"{model.id}: service.toml asks for {model.revision}, models.lock is about "
            f"{locked.revision}; write a new lock with `nox -s models-<service> -- --lock`"
        )
    with _disk_errors(), _alone_in(destination), ExitStack() as apart:
        place = destination / model.id
        if (there := _current(place, model, known)) and not afresh:
            return Provided(there, fetched=False, unknown=())
        name = model.id.replace("/", "--")
        staged = (cache or destination / INCOMING) / f"{name}@{model.revision.replace('/', '--')}"
        if cache:  # others, with folders of their own, may use it too
            apart.enter_context(_alone_in(cache))
        found = _fetch(model, known, source, staged)
        ready = destination / INCOMING / f"{name}.ready"
        try:
            _assemble(found, staged, ready, keep=cache is not None)
            _swap(ready, place)
        finally:
            shutil.rmtree(ready, ignore_errors=True)
        if cache is None:
            shutil.rmtree(staged)
        with suppress(OSError):  # what is left in it belongs to another model
            (destination / INCOMING).rmdir()
    listed = {entry.path for entry in known.files} if known else set()
    return Provided(found, fetched=True, unknown=tuple(sorted(set(model.files) - listed)))


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
    staged.mkdir(parents=True, exist_ok=True)
    missing = [entry for entry in _wanted(model, known) if not (staged / entry.path).exists()]
    begun = sum(path.stat().st_size for path in staged.rglob("*.incomplete"))
    needed, free = sum(entry.size for entry in missing) - begun, shutil.disk_usage(staged).free
    if needed > free:
        raise NoSpace(
            f"{model.id} needs {needed / 1e6:.1f} MB more and the disk has {free / 1e6:.1f} MB "
            "free; make room and run again"
        )
    try:
        source.fetch(model, known, staged)
    except (NoSpace, OSError):
        shutil.rmtree(staged, ignore_errors=True)
        raise
    files = tuple(LockedFile.of(staged, path) for path in sorted(model.files))
    entries = {entry.path: entry for entry in files}
    for entry in _wanted(model, known):
        if entries[entry.path] != entry:
            (staged / entry.path).unlink()
            raise differs(model, entry.path)
    return LockedModel(id=model.id, revision=(known or model).revision, files=files)


def _wanted(model: ModelSpec, known: LockedModel | None) -> list[LockedFile]:
    return [entry for entry in known.files if entry.path in model.files] if known else []


def _assemble(model: LockedModel, staged: Path, ready: Path, *, keep: bool) -> None:
    """Make the folder that is to be moved in: the model's files, its lock, nothing else."""
    shutil.rmtree(ready, ignore_errors=True)
    for entry in model.files:
        target = ready / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if keep:
            shutil.copyfile(staged / entry.path, target)
        else:
            (staged / entry.path).replace(target)
    Lock(models=(model,)).write(ready / LOCK_NAME)
    model.check(ready)
    for path in [ready, *ready.rglob("*")]:  # whoever the worker runs as can read it
        path.chmod(0o755 if path.is_dir() else 0o644)


def _open_folder(folder: Path) -> None:
    """Make a folder everybody can enter, whatever the umask; one that is there stays as it is."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _swap(ready: Path, place: Path) -> None:
    _open_folder(place.parent)
    old = ready.with_name(f"{ready.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    ready.rename(place)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if meaning := of_the_disk(error):
            raise meaning from error
        raise


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from providing into the folder: several hosts may share a volume."""
    _open_folder(folder)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
