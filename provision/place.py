"""Puts a finished folder in its place, whole or not at all.

Everything is made in ``<folder of models>/.incoming`` and moved from there.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from provision.errors import NotWritable

INCOMING = ".incoming"


def remove(path: Path) -> None:
    """Remove whatever is there: a folder, a file, a link, also one that leads nowhere."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_empty(folder: Path) -> None:
    """Remove the folders in a folder that hold no file, and it itself if nothing is left."""
    for path in sorted([folder, *folder.rglob("*")], reverse=True):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                path.rmdir()


def open_folder(folder: Path) -> None:
    """Make a folder everybody can enter, whatever the umask; one that is there stays as it is."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def check_replaceable(place: Path) -> None:
    """Make sure that only a folder of ours is ever replaced.

    Raises:
        NotWritable: there is something else, such as a link.
    """
    if place.is_symlink():
        raise NotWritable(f"{place} is a link, which is not replaced; remove it and run again")
    if place.exists() and not place.is_dir():
        raise NotWritable(f"{place} is a file where a folder has to be; remove it and run again")


def swap(ready: Path, place: Path, old: Path) -> None:
    """Put a finished folder in its place; what is there is set aside, and back if that fails."""
    open_folder(place.parent)
    remove(old)
    if place.exists():
        place.rename(old)
    try:
        ready.rename(place)
    except OSError:
        recover(place, old)
        raise
    remove(old)


def recover(place: Path, old: Path) -> None:
    """Put back what ``swap`` had set aside, if it did not come to its end."""
    if old.is_dir() and not old.is_symlink() and not os.path.lexists(place):
        open_folder(place.parent)
        old.rename(place)
    else:
        remove(old)


@contextmanager
def alone_in(folder: Path) -> Iterator[str]:
    """Keep other processes of this machine from providing into the folder.

    Other machines may share a volume, and need not see its locks. So what is not finished lies in a
    folder that only one of them writes to.

    Yields:
        Its name: the machine's, so that the next process goes on where one was interrupted; where
        the folder has no locks, a name of its own.
    """
    open_folder(folder)
    try:
        import fcntl
    except ImportError:  # Windows
        yield uuid.uuid4().hex
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        name = _machine()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run on {folder}", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # some network file systems have no locks
            name = uuid.uuid4().hex
        yield name
    finally:
        os.close(descriptor)


def _machine() -> str:
    """A name for this machine, its containers included, that no other one has."""
    try:
        return uuid.UUID(Path("/proc/sys/kernel/random/boot_id").read_text().strip()).hex
    except (OSError, ValueError):
        return uuid.uuid4().hex


def settle(folder: Path) -> None:
    """Have the files of a finished folder on the disk itself, readable for whoever a worker is.

    A large file is compared by its size when a worker starts: after a power cut it could have that
    without its bytes.
    """
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        if os.name == "posix":
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def go_on_from(others: Path, folder: Path) -> None:
    """Begin a folder with what other machines have got, the one that has most.

    With copies: what another machine may be writing to still is never moved in.
    """
    found = {path: _size(path) for path in others.glob("*")}
    if folder.exists() or not found:
        return
    most = max(found, key=found.__getitem__)
    if found[most] < shutil.disk_usage(others).free:
        try:
            shutil.copytree(most, folder)
        except OSError:  # it has come to its end meanwhile
            shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
