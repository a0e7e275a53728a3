"""Which models a service uses on this machine, outside of an image."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shared.errors import ModelMissing
from shared.models.folder import locate
from shared.spec import ServiceSpec
from tools.workspace import FETCHED_MODELS, TINY_MODELS


def choose(spec: ServiceSpec) -> Path:
    """The folder of models: MODELS_DIR, else what was fetched, else the bundled tiny weights."""
    if named := os.environ.get("MODELS_DIR"):
        return Path(named)
    if _holds(FETCHED_MODELS, spec):
        return FETCHED_MODELS
    return TINY_MODELS


def use(spec: ServiceSpec) -> Path:
    """Choose the models for this process and its children; say so when they are the tiny ones."""
    folder = choose(spec)
    os.environ["MODELS_DIR"] = str(folder)
    say_if_tiny(folder, spec)
    return folder


def say_if_tiny(folder: Path, spec: ServiceSpec) -> None:
    """Say on stderr that results will not be good, if that is so."""
    if folder == TINY_MODELS:
        print(
            "using the bundled tiny weights: good for trying, not for results "
            f"(`nox -s models-{spec.name}` fetches the real ones, or MODELS_DIR names a folder)",
            file=sys.stderr,
        )


def _holds(folder: Path, spec: ServiceSpec) -> bool:
    try:
        return all(locate(model.id, folder, model.revision) for model in spec.models)
    except ModelMissing:
        return False
