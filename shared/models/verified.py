"""The models of a service, checked before they are loaded."""

from __future__ import annotations

from shared.contract import ModelInfo
from shared.models.folder import ModelFolder, locate
from shared.spec import ServiceSpec, models_dir


def verified(spec: ServiceSpec, role: str) -> tuple[ModelFolder, ModelInfo]:
    """Find the service's model of that role, and compare its files with the lock beside them.

    Returns:
        Its folder, and what a result says of it.

    Raises:
        ModelError: it is missing, or altered.
    """
    wanted = spec.model(role)
    folder = locate(wanted.id, models_dir(), wanted.revision)
    folder.verify()
    return folder, ModelInfo(id=wanted.id, revision=folder.revision, verified=folder.verified)
