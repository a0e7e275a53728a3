"""What an image says of itself in its registry: commit, version, contract."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tools.deploy.errors import DeployError
from tools.images.engine import EngineError
from tools.images.inputs import OCI
from tools.images.origin import REVISION
from tools.images.registry.repository import Repository

Schema = dict[str, Any]

_BY_DIGEST = re.compile(r"(?P<name>.+)@(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a registry.

    Attributes:
        name: its repository and digest.
        commit: what it was made from, if that was committed.
        version: of the service.
        schemas: of the service's ``input`` and ``output``; none if it does not say.
        size: bytes that a worker without any of it pulls; none if it is not there.
    """

    name: str
    commit: str | None = None
    version: str | None = None
    schemas: dict[str, Schema] | None = None
    size: int | None = None


def by_digest(reference: str) -> str:
    """An image's name with its digest, which is looked up where there is only a tag.

    Raises:
        DeployError: there is no such image, or the registry cannot be asked.
    """
    if _BY_DIGEST.fullmatch(reference):
        return reference
    name, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        name, tag = reference, "latest"
    try:
        digest = Repository(name).digest(tag)
    except EngineError as error:
        raise DeployError(str(error)) from None
    if digest is None:
        raise DeployError(f"the registry has no image {name}:{tag}: push it first")
    return f"{name}@{digest}"


def read(reference: str) -> Image:
    """What an image says of itself; nothing if it is no longer there, or names no digest.

    Raises:
        DeployError: the registry cannot be asked, or refuses.
    """
    match = _BY_DIGEST.fullmatch(reference)
    if match is None:
        return Image(reference)
    try:
        repository = Repository(match["name"])
        manifest = repository.manifest(match["digest"])
        if manifest is None:
            return Image(reference)
        labels = repository.config(manifest).get("config", {}).get("Labels") or {}
    except EngineError as error:
        raise DeployError(str(error)) from None
    told = labels | (manifest.document.get("annotations") or {})
    schemas = {side: told.get(f"speech.schema.{side}") for side in ("input", "output")}
    return Image(
        reference,
        told.get(REVISION),
        told.get(f"{OCI}.version"),
        {side: json.loads(text) for side, text in schemas.items() if text} or None,
        sum(layer["size"] for layer in manifest.document["layers"]),
    )
