"""What a CAM++ folder says of itself, in FunASR's layout or in ModelScope's older one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder


class Sizes(BaseModel):
    """The arguments of FunASR's ``CAMPPlus``, as far as there is a choice."""

    feat_dim: int = Field(80, gt=0)
    embedding_size: int = Field(192, gt=0)
    growth_rate: int = Field(32, gt=0)
    bn_size: int = Field(4, gt=0)
    init_channels: int = Field(128, gt=0)
    config_str: Literal["batchnorm-relu"] = "batchnorm-relu"
    output_level: Literal["segment"] = "segment"


class _FrontEnd(BaseModel):
    fs: Literal[16_000] = 16_000


class _FunasrConfig(BaseModel):
    """A ``config.yaml``."""

    model: Literal["CAMPPlus"]
    model_conf: Sizes = Sizes()
    frontend_conf: _FrontEnd = _FrontEnd()


class _ModelScopeSizes(BaseModel):
    sample_rate: Literal[16_000] = 16_000
    fbank_dim: int = 80
    emb_size: int = 192


class _ModelScopeModel(BaseModel):
    """``model`` of a ``configuration.json`` that stands alone; its class has one set of widths."""

    model_config = ConfigDict(protected_namespaces=())

    type: Literal["cam++-sv"]
    sizes: _ModelScopeSizes = Field(_ModelScopeSizes(), alias="model_config")


class Thresholds(BaseModel):
    """Cosines from which voices are one speaker's; ``thresholds`` of a ``configuration.json``.

    Attributes:
        same_speaker: of two recordings. The default is what CAM++'s authors give on the hub.
        alike: of the centres of two groups of windows of one recording. The default is that of
            ModelScope's pipeline, ``merge_thr``.
    """

    same_speaker: float = Field(0.31, gt=-1, lt=1)
    alike: float = Field(0.78, gt=-1, lt=1)


def read_thresholds(folder: ModelFolder) -> Thresholds:
    """The model's own thresholds, as far as it has any.

    Raises:
        ModelUnusable: they are no cosines.
    """
    try:
        return Thresholds.model_validate(folder.configuration().get("thresholds", {}))
    except ValidationError as error:
        raise ModelUnusable(f"{folder.id}: its thresholds are no cosines") from error


def read_model(folder: ModelFolder) -> tuple[Sizes, Path]:
    """The network's sizes, and the file of its weights.

    Raises:
        ModelError: the folder is another model's, or says too little.
    """
    try:
        return _sizes(folder), _weights(folder)
    except ValidationError as error:
        raise ModelUnusable(f"{folder.id}: its configuration is another model's") from error


def _sizes(folder: ModelFolder) -> Sizes:
    if (folder.path / "config.yaml").is_file():
        return _FunasrConfig.model_validate(folder.config()).model_conf
    alone = _ModelScopeModel.model_validate(folder.configuration().get("model")).sizes
    return Sizes(feat_dim=alone.fbank_dim, embedding_size=alone.emb_size)


def _weights(folder: ModelFolder) -> Path:
    """FunASR's key names the file in one layout, ModelScope's in the other; either may be there."""
    model = folder.configuration().get("model")
    older = model.get("pretrained_model") if isinstance(model, dict) else None
    if "file_path_metas" not in folder.configuration() and isinstance(older, str):
        return folder.file(older)
    return folder.asset("init_param")
