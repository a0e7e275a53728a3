"""What a failure of ModelScope's client means, in words, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from provision.errors import (
    AccessRefused,
    FileDiffers,
    HubUnreachable,
    NotOnHub,
    ProvisionError,
    of_the_disk,
)
from shared.models.lock import LockedModel
from shared.models.spec import ModelSpec


def explained(
    error: Exception, model: ModelSpec, known: LockedModel | None, host: str, folder: Path
) -> ProvisionError:
    """What a failure of the client means, and what to do about it.

    Args:
        error: what the client raised.
        model: what was asked for.
        known: what is known about its files.
        host: the hub's.
        folder: what was written to.
    """
    from modelscope_hub.errors import FileDownloadError

    if isinstance(error, ProvisionError):
        return error
    failures: dict[str, BaseException] = {"": error}
    if isinstance(error, FileDownloadError):
        failures = dict(error.failed_files)
    meanings = [
        _of_the_hub(path, why, model, known)
        or _of_the_disk(why, folder / path)
        or _unreachable(why, model, host)
        for path, why in failures.items()
    ]
    # A hub that fails in passing also fails for good reasons: the lasting one is worth reading.
    return min(meanings, key=lambda meaning: isinstance(meaning, HubUnreachable))


def _of_the_hub(
    path: str, error: BaseException, model: ModelSpec, known: LockedModel | None
) -> ProvisionError | None:
    from modelscope_hub import errors as hub

    if isinstance(error, hub.FileIntegrityError):
        if known and any(entry.path == path for entry in known.files):
            return differs(model, path)
        return FileDiffers(
            f"{model.id} {model.revision}: {path} is not what the hub itself lists. The download "
            "was tampered with, or the hub is at fault; run again later"
        )
    if isinstance(error, hub.NotExistError):
        return not_on_hub(model, [path] if path else [])
    if isinstance(error, hub.AuthenticationError | hub.PermissionDeniedError):
        return AccessRefused(
            f"{model.id}: the hub refuses access; for a private model set MODELSCOPE_API_TOKEN"
        )
    return None


def _of_the_disk(error: BaseException, where: Path) -> ProvisionError | None:
    """The client takes some errors of the file system for the network's, and retries them."""
    from requests import RequestException

    causes = list(_chain(error))
    if any(isinstance(cause, RequestException) for cause in causes):
        return None
    return next(filter(None, (of_the_disk(cause, where) for cause in causes)), None)


def _unreachable(error: BaseException, model: ModelSpec, host: str) -> HubUnreachable:
    return HubUnreachable(
        f"{model.id}: the hub cannot be reached or keeps failing ({host}: {_reason(error)}). Check "
        "the network, HTTPS_PROXY and, behind a TLS proxy, REQUESTS_CA_BUNDLE; MODELSCOPE_ENDPOINT "
        "names another hub. Run again: what has arrived is kept"
    )


def _reason(error: BaseException) -> str:
    """The deepest cause that there are words for; its own text may hold an address, so no text."""
    from requests.exceptions import ProxyError

    causes = list(_chain(error))
    through = "the proxy: " if any(isinstance(cause, ProxyError) for cause in causes) else ""
    for cause in reversed(causes):
        if words := _words(cause):
            return through + words
    return through + type(causes[-1]).__name__


def _words(error: BaseException) -> str | None:
    status = getattr(error, "status_code", None)
    if isinstance(error, socket.gaierror):
        return "unknown host"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error, OSError) and "TLS CA certificate bundle" in str(error):
        return "the file of CA certificates named by REQUESTS_CA_BUNDLE or the like is not there"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"it answers {status}" if status else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it, the root last."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def differs(model: ModelSpec, path: str) -> FileDiffers:
    """The error for a file that is not the one its lock names."""
    return FileDiffers(
        f"{model.id} {model.revision}: {path} is not the file models.lock names. It was altered on "
        "its way, or changed where it comes from. Find out which; if you trust the new file, write "
        "a new lock with `nox -s models-<service> -- --lock`"
    )


def not_on_hub(model: ModelSpec, paths: list[str]) -> NotOnHub:
    """The error for a model, or files of it, that the hub does not have."""
    what = f" with {', '.join(paths)}" if paths else ""
    return NotOnHub(
        f"the hub has no {model.id} {model.revision}{what}; check id, revision and files in "
        "service.toml"
    )
