"""Checks models in their place without fetching any: ``nox -s models-vad -- --verify``.

It accepts what a worker would start with and what a plain run would leave as it is.
"""

from __future__ import annotations

from pathlib import Path

from provision.provide import check_revision
from shared.errors import ModelAltered, ModelMissing
from shared.models.folder import ModelFolder
from shared.models.lock import Lock
from shared.models.spec import ModelSpec


def verify(model: ModelSpec, lock: Lock, destination: Path) -> str:
    """Check one model, all files by hash.

    Args:
        model: what the service asks for.
        lock: the service's ``models.lock``.
        destination: the folder of models.

    Returns:
        A line that says what it is.

    Raises:
        ModelError: it is not there, not the locked one, or altered.
        LockOutdated: the service's lock is about another revision.
    """
    ours, place = lock.model(model.id), destination / model.id
    check_revision(model, ours)
    if not place.exists():
        raise ModelMissing(f"{model.id} is not there; fetch it with `nox -s models-<service>`")
    there = ModelFolder.at(model.id, place)
    if there.lock is None:
        raise ModelAltered(f"{model.id} has no lock beside it; provide the model again")
    there.verify(hash_up_to=None)
    for name in model.files:
        there.file(name)
    other = there.revision != model.revision  # the tiny weights, say: right by their own lock
    if ours and not other:
        ours.check(place)
    note = f" (service.toml asks for {model.revision})" if other else ""
    return f"{model.id} {there.revision}: whole{note}"
