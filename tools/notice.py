"""A service's NOTICE: whose models and binaries its image carries, under which licences."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from shared.models.spec import ModelSpec
from shared.spec import ServiceSpec
from tools.workspace import ROOT


class Terms(NamedTuple):
    """A licence as people name it, and where it can be read."""

    name: str
    url: str


# Of models; a licence that is not here has not been looked at.
TERMS = {
    "Apache-2.0": Terms("Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "LicenseRef-FunASR-Model-1.1": Terms(
        "FunASR Model Open Source License Agreement 1.1",
        "https://github.com/modelscope/FunASR/blob/main/MODEL_LICENSE",
    ),
}
GCC_RUNTIME = "GPL-3.0-or-later WITH GCC-exception-3.1"
# What wheels carry that their metadata do not tell, by package.
CARRIED = {
    "av": {"FFmpeg": "LGPL-3.0-or-later", "x264": "GPL-2.0-or-later", "x265": "GPL-2.0-or-later"},
    "numpy": {"OpenBLAS": "BSD-3-Clause", "libgfortran": GCC_RUNTIME},
    "onnxruntime": {"Eigen": "MPL-2.0"},
    "sentencepiece": {"libgomp": GCC_RUNTIME},
    "soundfile": {"libsndfile": "LGPL-2.1-or-later"},
}

_TEXT = """\
{title}

The code below /app is licensed under the Apache License 2.0: the file LICENSE beside this one.

Models below /models, by Alibaba Group, as ModelScope publishes them and unchanged:

{models}

An image whose tag ends in "-tiny" has small weights in their places that were made for this project
and bear its licence. One whose tag ends in "-volume" has none.
{exported}
Python packages below /opt/venv: the folder NAME-VERSION.dist-info of each has its licence. Their
binary wheels carry other people's libraries too:
{packages}
FFmpeg, x264 and x265 are built as https://github.com/PyAV-Org/pyav-ffmpeg says, and their sources
are named there.

/usr/bin/tini: MIT License, https://github.com/krallin/tini

What is below them is the base image's, under the licences that are told there.
"""
_EXPORTED = """
One whose tag has "-cpu" in it has the model's network in a second format too: model.onnx, written
from model.pt.
"""


def notice_files(service: str) -> dict[Path, str]:
    """The service's ``NOTICE``, and what belongs in it.

    Raises:
        ValueError: the licence of a model has not been looked at.
    """
    folder = ROOT / "services" / service
    spec = ServiceSpec.read(folder / "service.toml")
    locks = sorted(folder.glob("requirements*.txt"))
    lock = "".join(path.read_text(encoding="utf-8") for path in locks)
    carried = {name: parts for name, parts in CARRIED.items() if f"\n{name}==" in lock}
    packages = "\n".join(
        f"  {name}: " + ", ".join(f"{part} ({licence})" for part, licence in parts.items())
        for name, parts in carried.items()
    )
    models = "\n\n".join(_model(model) for model in spec.models)
    exported = _EXPORTED if len(locks) > 1 else ""
    text = _TEXT.format(title=spec.summary, models=models, exported=exported, packages=packages)
    return {folder / "NOTICE": text}


def card(model_id: str) -> str:
    """Where a model's card is."""
    return f"https://modelscope.cn/models/{model_id}"


def _model(model: ModelSpec) -> str:
    terms = TERMS.get(model.licence or "")
    if terms is None:
        raise ValueError(
            f"service.toml: the licence of {model.id}, {model.licence}, is none of those that were "
            "looked at: read its model card, then name it there and in tools/notice.py"
        )
    return (
        f"  {model.id}, revision {model.revision}\n"
        f"    model card: {card(model.id)}\n"
        f"    {terms.name}: {terms.url}"
    )
