"""Writes every file that is made from others and committed: ``nox -s generate``."""

from __future__ import annotations

from pathlib import Path

from tools.hub import hub_files
from tools.images.stage import ignore_file
from tools.notice import notice_files
from tools.schema import documents
from tools.workspace import ROOT, service_names


def generated(service: str) -> dict[Path, str]:
    """The generated files of a service and what belongs in them."""
    ignore = ROOT / "services" / service / "Dockerfile.dockerignore"
    made = documents(service) | hub_files(service) | notice_files(service)
    return {**made, ignore: ignore_file(service)}


def main() -> None:
    """Write the files of all services."""
    for name in service_names():
        for path, text in generated(name).items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
