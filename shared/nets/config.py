"""Reads what a model's folder says of its network, in FunASR's layout."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder

Config = TypeVar("Config", bound=BaseModel)


def read_config(folder: ModelFolder, kind: type[Config]) -> Config:
    """The ``config.yaml`` of one kind of network.

    Raises:
        ModelError: the folder is another model's, or says too little.
    """
    try:
        return kind.model_validate(folder.config())
    except ValidationError as error:
        raise ModelUnusable(f"{folder.id}: config.yaml is of another model") from error


def read_tokens(folder: ModelFolder) -> list[str]:
    """The text that each number of the network stands for.

    Raises:
        ModelError: the file is missing or holds something else.
    """
    path = folder.asset("tokenizer_conf", "token_list")
    try:
        return TypeAdapter(list[str]).validate_python(json.loads(path.read_bytes()))
    except ValueError as error:  # not JSON, or of something else
        raise ModelUnusable(f"{folder.id}: {path.name} is no list of tokens") from error
