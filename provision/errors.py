"""What can keep a model from being provided; every message says what to do about it."""

from __future__ import annotations

import errno


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


class NoSpace(ProvisionError):
    """The disk is full, or would be."""


class NotWritable(ProvisionError):
    """The folder cannot be written to."""


class NotInFolder(ProvisionError):
    """The folder to copy from has no such model or file."""


def of_the_disk(error: BaseException) -> ProvisionError | None:
    """What an error of the file system means; None if it was none."""
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace("the disk is full; free some space and run again")
    if code in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST):
        return NotWritable("the folder for the models cannot be written to")
    return None
