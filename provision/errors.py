"""What can keep a model from being provided; every message says what to do about it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}
_NETWORK = {
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    *(errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENOTCONN),
}


class ProvisionError(Exception):
    """The models could not be provided; nothing half-done was put in their place."""


class HubUnreachable(ProvisionError):
    """The hub cannot be reached, or keeps failing."""


class NotOnHub(ProvisionError):
    """The hub has no such model, revision or file."""


class AccessRefused(ProvisionError):
    """The hub wants to know who asks."""


class FileDiffers(ProvisionError):
    """A file is not the one that the lock names."""


class LockOutdated(ProvisionError):
    """``models.lock`` and ``service.toml`` speak of different revisions."""


class LockUnreadable(ProvisionError):
    """The service's ``models.lock`` is not a lock."""


class SpecUnusable(ProvisionError):
    """The service's ``service.toml`` does not say which models it wants."""


class ExportDiffers(ProvisionError):
    """A network that was written for another runtime computes something else there."""


class DiskError(ProvisionError):
    """The file system refuses something."""


class NoSpace(DiskError):
    """The disk is full, or would be."""


class NotWritable(DiskError):
    """The folder cannot be written to."""


class NoVolume(ProvisionError):
    """There is no network volume to fill."""


class NotInFolder(ProvisionError):
    """The folder to copy from has no such model or file."""


def of_the_disk(
    error: BaseException, where: Path, what: str = "the folder for the models"
) -> DiskError | None:
    """What an error of the file system means; None if it was none.

    Args:
        error: any error.
        where: what was written to, if the error itself does not say.
        what: what ``where`` is.
    """
    network = ConnectionError | TimeoutError | socket.gaierror | ssl.SSLError
    if not isinstance(error, OSError) or error.errno is None or isinstance(error, network):
        return None
    if error.errno in _NETWORK:
        return None
    place = error.filename2 or error.filename or where
    if error.errno in _FULL:
        return NoSpace(f"the disk is full ({place}); free some space and run again")
    cause = f"{place}: {error.strerror}"
    if error.errno in _READ_ONLY:
        return NotWritable(f"{what} cannot be written to ({cause})")
    return DiskError(f"the file system refuses ({cause})")


@contextmanager
def disk_errors(where: Path, what: str = "the folder for the models") -> Iterator[None]:
    """Turn errors of the file system into ours; see ``of_the_disk``."""
    try:
        yield
    except OSError as error:
        if meaning := of_the_disk(error, where, what):
            raise meaning from error
        raise
