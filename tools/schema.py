"""A service's JSON Schemas, made from its contract."""

from __future__ import annotations

import json
from pathlib import Path

from tools.local import service
from tools.workspace import ROOT


def documents(name: str) -> dict[Path, str]:
    """The schema files of a service and what belongs in them."""
    folder = ROOT / "services" / name / "schema"
    found = service(name)
    schemas = {
        "input.schema.json": found.request.model_json_schema(mode="validation"),
        "output.schema.json": found.result.model_json_schema(mode="serialization"),
    }
    return {
        folder / file: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for file, schema in schemas.items()
    }
