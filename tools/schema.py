"""Writes each service's JSON Schema from its contract: ``nox -s schema``."""

from __future__ import annotations

import json
from pathlib import Path

from tools.local import service
from tools.workspace import ROOT, service_names


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


def main() -> None:
    """Write the schemas of all services."""
    for name in service_names():
        for path, text in documents(name).items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
