"""How much the bundle's image adds to its base, beside the images of the services in it."""

from __future__ import annotations

import os

from bench.report import Report, Row
from bench.vad.setting import Setting
from shared.models.lock import Lock
from tools.images.base import NAME
from tools.images.build import build
from tools.images.engine import EngineError, connect, find_image
from tools.images.plan import Plan, trusted_ca
from tools.images.report import layers_above, megabytes
from tools.workspace import ROOT

SINGLE = ("vad", "diarization", "asr")


def measure(_: Setting) -> Report:
    """Bytes above the base, uncompressed: packages and code as built, weights as locked."""
    base = os.environ.get("BENCH_BASE_IMAGE") or NAME
    if find_image(connect(), base) is None:
        raise EngineError(f"there is no base image {base}: make it with `nox -s base`")
    sizes = {name: _parts(name, base) for name in ("bundle", *SINGLE)}
    together = tuple(map(sum, zip(*(sizes[name] for name in SINGLE), strict=True)))
    rows = [
        Row("above the base", name, [(others + weights) / 1e6], "MB",
            f"{megabytes(others)} without weights, {megabytes(weights)} weights")
        for name, (others, weights) in {**sizes, "the three together": together}.items()
    ]  # fmt: skip
    return Report("bundle: what its image adds to its base", rows, [f"on {base}, torch in it"])


def _parts(service: str, base: str) -> tuple[int, int]:
    """Bytes of the image's layers but the tiny weights', and of the real weights."""
    built = build(Plan(service, base, "tiny", trusted_ca()))
    layers = layers_above(built.image, built.base)
    lock = Lock.read(ROOT / "services" / service / "models.lock")
    weights = sum(file.size for model in lock.models for file in model.files)
    return sum(layer.size for layer in layers if "/weights" not in layer.step), weights
