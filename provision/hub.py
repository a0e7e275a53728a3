"""Downloads a model's files with ModelScope's own, unmodified client.

The client retries, resumes with range requests, and checks size and SHA-256 while it writes. It is
given the lock's figures in place of the hub's own listing, so what the hub says about its files
counts for nothing where we know better.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from modelscope_hub import HubApi


class Hub:
    """The hub at MODELSCOPE_ENDPOINT, or ModelScope's own.

    Args:
        scratch: where the client keeps its locks and its session, never in the user's home.
    """

    def __init__(self, scratch: Path) -> None:
        # The client reads its settings once, when it is imported.
        os.environ.setdefault("MODELSCOPE_HOME", str(scratch))
        os.environ.setdefault("MODELSCOPE_CACHE", str(scratch))
        os.environ.setdefault("MODELSCOPE_DOWNLOAD_INTRA_CLOUD", "false")
        if not sys.stderr.isatty():  # a progress bar in a log is a line each time
            os.environ.setdefault("TQDM_MININTERVAL", "10")
        # Its warnings tell of retries; what it cannot do is told by the error, once for all files.
        log = logging.getLogger("modelscope_hub.download")
        log.addFilter(lambda record: record.levelno == logging.WARNING)
        self._endpoint = os.environ.get("MODELSCOPE_ENDPOINT") or None

    def lock(self, model: ModelSpec) -> None:
        """The hub has no lock: what it says of its files is what a lock is there to check."""

    def fetch(self, model: ModelSpec, known: LockedModel | None, folder: Path) -> None:
        """Download the files of a model into a folder; files there already are kept if right.

        Args:
            model: which files of which revision.
            known: what is known about them; for other files the hub's listing has to be believed.
            folder: what was downloaded of the same model before is continued there.

        Raises:
            ProvisionError: what kept it from being done.
        """
        from modelscope_hub import HubApi

        api = HubApi(endpoint=self._endpoint)
        try:
            files = self._files(api, model, known)
            api.download_repo(
                model.id, "model", revision=model.revision, local_dir=folder, file_list=files
            )
        except Exception as error:
            raise explained(error, model, known) from error

    def _files(
        self, api: HubApi, model: ModelSpec, known: LockedModel | None
    ) -> list[dict[str, Any]]:
        found: dict[str, tuple[int, str | None]] = {}
        if known:
            found = {entry.path: (entry.size, entry.sha256) for entry in known.files}
        if not set(model.files) <= set(found):
            listing = api.list_repo_files(model.id, "model", revision=model.revision)
            found = {info.path: (info.size, info.sha256) for info in listing} | found
        if missing := sorted(set(model.files) - set(found)):
            raise _not_on_hub(model, missing)
        return [
            {"Path": path, "Size": found[path][0], "Sha256": found[path][1]} for path in model.files
        ]


def explained(error: Exception, model: ModelSpec, known: LockedModel | None) -> ProvisionError:
    """What a failure of the client means, and what to do about it."""
    from modelscope_hub.errors import FileDownloadError

    if isinstance(error, ProvisionError):
        return error
    failures: dict[str, BaseException] = {"": error}
    if isinstance(error, FileDownloadError):
        failures = dict(error.failed_files)
    meanings = [_meaning(path, why, model, known) for path, why in failures.items()]
    # A hub that fails in passing also fails for good reasons: the lasting one is worth reading.
    return min(meanings, key=lambda meaning: isinstance(meaning, HubUnreachable))


def _meaning(
    path: str, error: BaseException, model: ModelSpec, known: LockedModel | None
) -> ProvisionError:
    from modelscope_hub import errors as hub

    if meaning := of_the_disk(error):
        return meaning
    if isinstance(error, hub.FileIntegrityError):
        if known and any(entry.path == path for entry in known.files):
            return differs(model, path)
        return FileDiffers(
            f"{model.id} {model.revision}: {path} is not what the hub itself lists. The download "
            "was tampered with, or the hub is at fault; run again later"
        )
    if isinstance(error, hub.NotExistError):
        return _not_on_hub(model, [path] if path else [])
    if isinstance(error, hub.AuthenticationError | hub.PermissionDeniedError):
        return AccessRefused(
            f"{model.id}: the hub refuses access; for a private model set MODELSCOPE_API_TOKEN"
        )
    return HubUnreachable(
        f"{model.id}: the hub cannot be reached or keeps failing ({type(error).__name__}). Check "
        "the network, HTTPS_PROXY and, behind a TLS proxy, REQUESTS_CA_BUNDLE; MODELSCOPE_ENDPOINT "
        "names another hub. Run again: what has arrived is kept"
    )


def differs(model: ModelSpec, path: str) -> FileDiffers:
    """The error for a file that is not the one its lock names."""
    return FileDiffers(
        f"{model.id} {model.revision}: {path} is not the file models.lock names. It was altered on "
        "its way, or changed where it comes from. Find out which; if you trust the new file, write "
        "a new lock with `nox -s models-<service> -- --lock`"
    )


def _not_on_hub(model: ModelSpec, paths: list[str]) -> NotOnHub:
    what = f" with {', '.join(paths)}" if paths else ""
    return NotOnHub(
        f"the hub has no {model.id} {model.revision}{what}; check id, revision and files in "
        "service.toml"
    )
