"""Our image and the one people write, on the same base, with the same weights."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from docker.models.images import Image

from bench.vad.setting import Setting
from tools.images.base import NAME
from tools.images.build import build
from tools.images.engine import EngineError, command_line, connect, find_image
from tools.images.plan import Plan, trusted_ca
from tools.workspace import ROOT

USUAL = ROOT / "bench" / "usual"
USUAL_NAME = "local/vad-usual:bench"
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
        return cls(built.base, built.image, _build_usual(base, setting))


def _build_usual(base: str, setting: Setting) -> Image:
    context = setting.place.folder / "usual"
    shutil.copytree(USUAL, context, dirs_exist_ok=True)
    shutil.copytree(setting.model.path, context / "model", dirs_exist_ok=True)
    ca = trusted_ca()
    done = subprocess.run(
        [
            *(command_line(), "build", "--tag", USUAL_NAME, "--build-arg", f"BASE_IMAGE={base}"),
            *(["--secret", f"id=ca,src={ca}"] if ca else []),
            str(context),
        ],
        check=False,
        env={**os.environ, "DOCKER_BUILDKIT": "1"},
    )
    image = find_image(connect(), USUAL_NAME)
    if done.returncode or image is None:
        raise EngineError("the usual Dockerfile did not build")
    return image


def models_folder(setting: Setting) -> Path:
    """The folder of models whose ``<owner>/<name>`` is the setting's model."""
    return setting.model.path.parents[1]
