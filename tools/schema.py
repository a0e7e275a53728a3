"""A service's JSON Schemas, made from its contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Union

from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from tools.local import service
from tools.workspace import ROOT


def documents(name: str) -> dict[Path, str]:
    """The schema files of a service and what belongs in them."""
    folder = ROOT / "services" / name / "schema"
    contracts = service(name).contracts
    schemas = {
        "input.schema.json": _schema([one.request for one in contracts], "validation"),
        "output.schema.json": _schema([one.result for one in contracts], "serialization"),
    }
    return {
        folder / file: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for file, schema in schemas.items()
    }


def _schema(types: Sequence[type[BaseModel]], mode: JsonSchemaMode) -> dict[str, Any]:
    """The schema of a type; of several, one that says which of them the ``task`` asks for."""
    if len(types) == 1:
        return types[0].model_json_schema(mode=mode)
    either: Any = Union[tuple(types)]  # noqa: UP007 - made of types that are not known here
    chosen = {"discriminator": "task"} if "task" in types[0].model_fields else {}
    return TypeAdapter(Annotated[either, Field(**chosen)]).json_schema(mode=mode)
