"""Writes every file that is made from others and committed: ``nox -s generate``."""

from __future__ import annotations

from pathlib import Path

from tools.client_copies import copies
from tools.images.stage import ignore_file
from tools.schema import documents
from tools.workspace import ROOT, service_names


def generated(service: str) -> dict[Path, str]:
    """The generated files of a service and what belongs in them."""
    ignore = ROOT / "services" / service / "Dockerfile.dockerignore"
    return {**documents(service), ignore: ignore_file(service)}


def main() -> None:
    """Write the files of all services, and the client's copies of theirs."""
    for files in (*map(generated, service_names()), copies()):
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
