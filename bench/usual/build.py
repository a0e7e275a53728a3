"""Builds the images people write, one for each way to ship models."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from docker.models.images import Image

from tools.images.engine import EngineError, command_line, connect, find_image
from tools.images.plan import trusted_ca
from tools.workspace import ROOT, TINY_MODELS

Way = Literal["single", "all_in_one", "volume"]
HERE = ROOT / "bench" / "usual"
STAND_IN = ROOT / "bench" / "diarization" / "stand_in"
TASKS: dict[Way, tuple[str, ...]] = {
    "single": ("vad",),
    "all_in_one": ("vad", "diarization", "asr"),
    "volume": (),
}
TINY: Mapping[str, Path] = {
    "vad": TINY_MODELS / "iic" / "speech_fsmn_vad_zh-cn-16k-common-pytorch",
    "diarization": TINY_MODELS / "iic" / "speech_campplus_sv_zh-cn_16k-common",
    "asr": TINY_MODELS / "iic" / "SenseVoiceSmall",
}


def name(way: Way) -> str:
    """What the image is called."""
    return f"local/usual-{way.replace('_', '-')}:bench"


def build(
    way: Way, base: str, *options: str, models: Mapping[str, Path] = TINY, edit: str = ""
) -> Image:
    """Build the image, as far as it is not built.

    Args:
        way: how it ships models.
        base: reference of the base image.
        options: more for ``docker build``.
        models: the folder of the model for each task.
        edit: is added to its handler.

    Raises:
        EngineError: it did not build.
    """
    ca = trusted_ca()
    with tempfile.TemporaryDirectory(prefix="usual-") as folder:
        context = Path(folder)
        shutil.copytree(HERE, context, dirs_exist_ok=True)
        shutil.copytree(STAND_IN, context / "stand_in")
        for task in TASKS[way]:
            shutil.copytree(models[task], context / "models" / task)
        handler = context / ("all_in_one.py" if way == "all_in_one" else "handler.py")
        handler.write_text(handler.read_text(encoding="utf-8") + edit, encoding="utf-8")
        done = subprocess.run(
            [
                *(command_line(), "build", "--tag", name(way), "--build-arg", f"BASE_IMAGE={base}"),
                *("--file", str(context / f"{way}.Dockerfile"), *options),
                *(["--secret", f"id=ca,src={ca}"] if ca else []),
                str(context),
            ],
            check=False,
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
        )
    image = find_image(connect(silence_s=900), name(way))
    if done.returncode or image is None:
        raise EngineError(f"{way}.Dockerfile did not build")
    return image
