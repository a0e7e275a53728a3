"""The files an image is made from: all of them and no others."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shared.models.lock import LOCK_NAME
from shared.spec import ServiceSpec
from tools.graph import closure
from tools.workspace import ROOT, TINY_MODELS


def inputs(service: str) -> list[Path]:
    """What the build of a service's image may read, relative to the repository, sorted.

    The modules come from the import graph: what the handler imports, and what the step that
    provides the models does.
    """
    folder = Path("services") / service
    return sorted({
        *closure(f"services.{service}.handler", f"services.{service}.download_models"),
        folder / "service.toml",
        folder / "requirements.txt",
        folder / LOCK_NAME,
        Path("requirements/funasr.txt"),
        Path("provision/requirements.txt"),
        *(Path("provision") / script for script in ("install-tini.sh", "with-secrets.sh")),
        *_tiny_weights(folder),
    })  # fmt: skip


def ignore_file(service: str) -> str:
    """The ``Dockerfile.dockerignore`` that lets a plain ``docker build`` see the same files."""
    allowed = "".join(f"!{path.as_posix()}\n" for path in inputs(service))
    return f"# Written by `nox -s generate`: all that the image is made from.\n*\n{allowed}"


def digest(service: str, *settings: str) -> str:
    """SHA-256, in hex, of everything that decides what an image is.

    Args:
        service: the service.
        settings: what is not in a file: the base image's id, the build arguments.
    """
    total = hashlib.sha256("\0".join(settings).encode())
    for path in [*inputs(service), Path("services") / service / "Dockerfile"]:
        total.update(path.as_posix().encode() + b"\0" + (ROOT / path).read_bytes() + b"\0")
    return total.hexdigest()


def _tiny_weights(folder: Path) -> list[Path]:
    models = ServiceSpec.read(ROOT / folder / "service.toml").models
    tiny = TINY_MODELS.relative_to(ROOT)
    return [tiny / model.id / name for model in models for name in (*model.files, LOCK_NAME)]
