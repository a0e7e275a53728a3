"""Our image and the one people write, on the same base, with the same weights."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from docker.models.images import Image

from bench.usual import build as usual
from bench.vad.setting import Setting
from tools.images.base import NAME
from tools.images.build import build
from tools.images.engine import EngineError, connect, find_image
from tools.images.plan import Plan, trusted_ca

OURS, PEER = "ours", "the usual Dockerfile"


@dataclass(frozen=True, slots=True)
class Images:
    """Both, and what they are built upon."""

    base: Image
    ours: Image
    usual: Image

    @classmethod
    def build(cls, setting: Setting) -> Images:
        """Build them, or find them built, on BENCH_BASE_IMAGE or ``nox -s base``'s.

        Raises:
            EngineError: no engine, no base, or a build failed.
        """
        base = os.environ.get("BENCH_BASE_IMAGE") or NAME
        if find_image(connect(), base) is None:
            raise EngineError(f"there is no base image {base}: make it with `nox -s base`")
        built = build(Plan("vad", base, "tiny", trusted_ca()))
        usual_image = usual.build("single", base, models={"vad": setting.model.path})
        return cls(built.base, built.image, usual_image)


def models_folder(setting: Setting) -> Path:
    """The folder of models whose ``<owner>/<name>`` is the setting's model."""
    return setting.model.path.parents[1]
