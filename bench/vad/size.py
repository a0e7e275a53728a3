"""How much an image adds to its base."""

from __future__ import annotations

from docker.models.images import Image

from bench.report import Report, Row
from bench.vad.images import OURS, PEER, Images
from bench.vad.setting import Setting
from tools.images.report import layers_above, megabytes


def measure(setting: Setting) -> Report:
    """Bytes above the base, uncompressed, as the engine counts them."""
    images = Images.build(setting)
    rows = [_row(OURS, images.ours, images.base), _row(PEER, images.usual, images.base)]
    remarks = [f"on {images.base.tags[0]}, {megabytes(images.base.attrs['Size'])}, torch in it"]
    return Report("image: what it adds to its base", rows, remarks)


def _row(name: str, image: Image, base: Image) -> Row:
    layers = layers_above(image, base)
    parts = [
        f"{megabytes(layer.size)} {_short(layer.step)}" for layer in layers if layer.size > 1e5
    ]
    total = sum(layer.size for layer in layers) / 1e6
    return Row("above the base", name, [total], "MB", "; ".join(parts))


def _short(step: str) -> str:
    for word, meaning in (("/packages", "packages"), ("pip install", "packages"),
                          ("/weights", "model"), ("model ", "model"), ("apt-get", "apt"),
                          ("/code", "code")):  # fmt: skip
        if word in step:
            return meaning
    return step
