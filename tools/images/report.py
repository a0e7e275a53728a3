"""How large an image is, layer by layer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docker.models.images import Image


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: the step of the Dockerfile that made it, and its bytes, uncompressed."""

    step: str
    size: int


def layers_above(image: Image, base: Image) -> list[Layer]:
    """The layers an image adds to its base, lowest first, those without content left out."""
    history = image.history()[: len(image.history()) - len(base.history())]
    return [
        Layer(_step(entry["CreatedBy"]), entry["Size"])
        for entry in reversed(history)
        if entry["Size"]
    ]


def megabytes(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _step(created_by: str) -> str:
    step = re.sub(r"^/bin/sh -c (#\(nop\) )?", "", created_by)
    return re.sub(r"\s+(# buildkit)?\s*", " ", step).strip()
