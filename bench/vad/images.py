"""Our images and the one people write, with the same weights; two of them on the same base."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from docker.models.images import Image

from bench.usual import build as usual
from bench.vad.setting import Setting
from tools.images.base import NAME, SLIM
from tools.images.build import build
from tools.images.engine import EngineError, connect, find_image
from tools.images.plan import Plan, trusted_ca

OURS, WITHOUT_TORCH, PEER = "ours", "ours, for CPUs", "the usual Dockerfile"


@dataclass(frozen=True, slots=True)
class Images:
    """All of them; that for CPUs is on a base of its own."""

    ours: Image
    without_torch: Image
    usual: Image

    @classmethod
    def build(cls, setting: Setting) -> Images:
        """Build them, or find them built.

        They are on BENCH_BASE_IMAGE and BENCH_SLIM_IMAGE, or on the images of ``nox -s base``.

        Raises:
            EngineError: no engine, no base, or a build failed.
        """
        base = os.environ.get("BENCH_BASE_IMAGE") or NAME
        slim = os.environ.get("BENCH_SLIM_IMAGE") or SLIM
        for name in (base, slim):
            if find_image(connect(), name) is None:
                raise EngineError(f"there is no base image {name}: make it with `nox -s base`")
        ours = Plan("vad", base, "tiny", trusted_ca())
        without_torch = replace(ours, base=slim, accelerator="cpu", torch=base)
        usual_image = usual.build("single", base, models={"vad": setting.model.path})
        return cls(build(ours).image, build(without_torch).image, usual_image)


def models_folder(setting: Setting, name: str) -> str:
    """The folder of models for one of our images, with the setting's model in it."""
    place = setting.without_torch if name == WITHOUT_TORCH else setting.place
    return place.environment["MODELS_DIR"]
