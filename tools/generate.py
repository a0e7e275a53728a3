"""Writes every file that is made from others and committed: ``nox -s generate``."""

from __future__ import annotations

from pathlib import Path

from tools.client_copies import copies
from tools.hub import hub_files
from tools.images.stage import ignore_file
from tools.notice import notice_files
from tools.schema import documents
from tools.workspace import ROOT, service_names
from tools.workspace.targets import PROVISION, image_folder


def generated(name: str) -> dict[Path, str]:
    """The generated files of a service, or of ``provision``, and what belongs in them."""
    ignore = ROOT / image_folder(name) / "Dockerfile.dockerignore"
    if name == PROVISION:
        return {ignore: ignore_file(name)}
    return {**documents(name), **hub_files(name), **notice_files(name), ignore: ignore_file(name)}


def main() -> None:
    """Write the files of all images, and the client's copies of the services' own."""
    images = [*service_names(), PROVISION]
    for files in (*map(generated, images), copies()):
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
