"""Puts a finished folder in its place, whole or not at all; for one process at a time.

Everything is made in ``<folder of models>/.incoming`` and moved from there.
"""

from __future__ import annotations

import os
import shutil
import sys
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
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from providing into the folder: several hosts may share a volume."""
    open_folder(folder)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"waiting for another run on {folder}", file=sys.stderr, flush=True)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
