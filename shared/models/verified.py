"""The models of a service, checked before they are loaded."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from shared.contract import ModelInfo
from shared.models.copies import copied, folder_of_copies
from shared.models.folder import ModelFolder, locate
from shared.models.lock import Lock
from shared.models.volume import Take, find, in_place
from shared.spec import ServiceSpec, models_dir

IMAGE_LOCK = Path("/models.lock")  # an image that reads its models from a volume has it
BESIDE = "beside"


def verified(spec: ServiceSpec, role: str) -> tuple[ModelFolder, ModelInfo]:
    """Find the service's model of that role, and compare its files with their lock.

    Returns:
        Its folder, and what a result says of it.

    Raises:
        ModelError: it is missing, altered, or another than the image was made for.
    """
    wanted, lock, copies = spec.model(role), image_lock(), folder_of_copies()
    take: Take = partial(copied, names=wanted.files, to=copies) if copies else in_place
    if lock:
        folder = find(wanted, lock.model(wanted.id), models_dir(), take)
    else:
        folder = locate(wanted.id, models_dir(), wanted.revision)
        if copies:
            folder = take(folder)
        else:
            folder.verify()
    return folder, ModelInfo(id=wanted.id, revision=folder.revision, verified=folder.verified)


def verified_all(spec: ServiceSpec) -> dict[str, tuple[ModelFolder, ModelInfo]]:
    """All models of the service by their roles; see ``verified``."""
    return {model.role: verified(spec, model.role) for model in spec.models}


def image_lock() -> Lock | None:
    """The lock of the models an image was made for, or the one that MODELS_LOCK names.

    Returns:
        None if the locks beside the models count: where an image has models of its own, on a host,
        and if MODELS_LOCK is ``beside``.

    Raises:
        ModelAltered: it cannot be read.
    """
    named = os.environ.get("MODELS_LOCK") or IMAGE_LOCK
    if named == BESIDE or (named == IMAGE_LOCK and not IMAGE_LOCK.exists()):
        return None
    return Lock.read(Path(named))
