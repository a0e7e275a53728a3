"""Downloads a model's files with ModelScope's own, unmodified client.

The client retries, resumes with range requests, and checks size and SHA-256 while it writes. It is
given the lock's figures in place of the hub's own listing, so what the hub says about its files
counts for nothing where we know better.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.errors import HubUnreachable
from provision.failures import explained, not_on_hub
from shared.models.lock import LockedModel
from shared.models.spec import ModelSpec

if TYPE_CHECKING:
    from modelscope_hub import HubApi


class Hub:
    """The hub at MODELSCOPE_ENDPOINT, or ModelScope's own.

    Args:
        scratch: where the client keeps its locks and its session, never in the user's home.

    Raises:
        HubUnreachable: MODELSCOPE_ENDPOINT is no URL of a hub.
    """

    def __init__(self, scratch: Path) -> None:
        self._endpoint = os.environ.get("MODELSCOPE_ENDPOINT") or None
        if self._endpoint and not re.match(r"https?://[^/?#]", self._endpoint):
            raise HubUnreachable("MODELSCOPE_ENDPOINT is not an http:// or https:// URL")
        # The client reads its settings once, when it is imported.
        os.environ.setdefault("MODELSCOPE_HOME", str(scratch))
        os.environ.setdefault("MODELSCOPE_CACHE", str(scratch))
        os.environ.setdefault("MODELSCOPE_DOWNLOAD_INTRA_CLOUD", "false")
        os.environ.setdefault("TQDM_LEAVE", "")  # a bar goes when it is done, or has failed
        if not sys.stderr.isatty():
            os.environ.setdefault("TQDM_DISABLE", "1")
        logging.getLogger("modelscope_hub.download").addFilter(_tells_of_a_retry)

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
        from modelscope_hub.constants import DEFAULT_ENDPOINT

        api = HubApi(endpoint=self._endpoint)
        try:
            files = self._files(api, model, known)
            api.download_repo(
                model.id, "model", revision=model.revision, local_dir=folder, file_list=files,
                progress_callbacks=[_announcement()],
            )  # fmt: skip
        except Exception as error:
            # Without the name and the password that may stand before the host.
            host = urlsplit(self._endpoint or DEFAULT_ENDPOINT).netloc.rpartition("@")[2]
            raise explained(error, model, known, host, folder) from error

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
            raise not_on_hub(model, missing)
        return [
            {"Path": path, "Size": found[path][0], "Sha256": found[path][1]} for path in model.files
        ]


def _tells_of_a_retry(record: logging.LogRecord) -> bool:
    """What the client cannot do is told by our error, and its "repository" may be our lock."""
    return record.getMessage().startswith("Download failed for")


def _announcement() -> type[Any]:
    """The client's callback that says a line for each file, where its bars would be noise."""
    from modelscope_hub import ProgressCallback

    class Announcement(ProgressCallback):
        said: set[str] = set()  # noqa: RUF012 - of one download; the client makes one for each try

        def __init__(self, filename: str, file_size: int) -> None:
            super().__init__(filename, file_size)
            if filename not in self.said and not sys.stderr.isatty():
                # In one piece, as `print` is not: several files come at once.
                sys.stderr.write(f"downloading {filename}, {file_size / 1e6:.1f} MB\n")
            self.said.add(filename)

    return Announcement
