"""A folder that does not hold the detector's model stops the start, and says why."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder
from shared.nets.vad import FsmnVad
from tools.workspace import TINY_MODELS

MODEL = "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    shutil.copytree(TINY_MODELS / MODEL, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


def rewrite(folder: ModelFolder, section: str, value: Any) -> None:
    path = folder.path / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config[section] = {**config[section], **value} if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(config))


def test_the_model_as_it_is_loads(folder: ModelFolder) -> None:
    assert FsmnVad.load(folder).rules.max_end_silence_time == 800


@pytest.mark.parametrize(
    ("section", "value", "named"),
    [
        ("frontend_conf", 3, "frontend_conf"),
        ("frontend_conf", {"n_mels": "many"}, "n_mels"),
        ("frontend_conf", {"fs": 8_000}, "fs"),
        ("frontend_conf", {"window": "povey"}, "window"),
        ("frontend_conf", {"dither": 1.0}, "dither"),
        ("frontend_conf", {"lfr_n": 2}, "lfr_n"),
        ("frontend_conf", {"lfr_m": 7}, "560"),
        ("model_conf", [], "model_conf"),
        ("model_conf", {"detect_mode": 0}, "detect_mode"),
        ("encoder_conf", {"surprise": 1}, "surprise"),
        ("encoder_conf", {"linear_dim": 8}, "size mismatch"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, section: str, value: Any, named: str
) -> None:
    rewrite(folder, section, value)
    with pytest.raises(ModelUnusable) as caught:
        FsmnVad.load(folder).silence([])
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)
