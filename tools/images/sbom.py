"""Writes what is in a service's image, and under which licences: ``nox -s sbom-vad``.

``out/sbom/<image>.cdx.json`` is a CycloneDX document, ``<image>.licences.txt`` a list of licences.
The image is the one of this working tree, or with ``--image`` one in a registry.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tools.images.bom import Hashes, document
from tools.images.build import build
from tools.images.engine import EngineError, connect
from tools.images.fetch import fetch
from tools.images.inventory import Inventory, read
from tools.images.plan import plan
from tools.notice import CARRIED
from tools.workspace import ROOT

OUTPUT = ROOT / "out" / "sbom"


def main() -> int:
    """Write both files and print the licences; 0 when all that we add has one that is known."""
    parser = argparse.ArgumentParser(prog="nox -s sbom-<service> --", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--image", help="one in a registry; without it, options are the build's")
    given, options = parser.parse_known_args()
    if options and given.image:
        parser.error(f"unknown: {' '.join(options)}")
    try:
        client = connect()
        if given.image:
            reference, image = given.image, fetch(client, given.image)
        else:
            built = build(plan(given.service, options, verb="sbom"))
            reference, image = built.reference, built.image
        inventory = read(client, image)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    OUTPUT.mkdir(parents=True, exist_ok=True)
    name = re.sub("[:@]", "-", reference.rpartition("/")[2])
    texts = {
        f"{name}.licences.txt": "".join(f"{line}\n" for line in listing(inventory)),
        f"{name}.cdx.json": document(inventory, image, locked(given.service)),
    }
    for file, text in texts.items():
        (OUTPUT / file).write_text(text, encoding="utf-8")
    Console(highlight=False).print(table(inventory))
    print(*(f"out/sbom/{file}" for file in texts), sep="\n")
    unknown = [package.name for package in inventory.added if not package.licence]
    if unknown:
        print(f"error: of unknown licence, to be looked at: {', '.join(unknown)}", file=sys.stderr)
    return int(bool(unknown))


def locked(service: str) -> Hashes:
    """The SHA-256 of every file that a package of the service's locks may come as."""
    locks = sorted((ROOT / "services" / service).glob("requirements*.txt"))
    text = "".join(lock.read_text(encoding="utf-8") for lock in locks)
    blocks = re.findall(r"^([\w.-]+)==([^ ;]+)(.*(?:\n .*)*)", text, re.MULTILINE)
    return {(name, version): re.findall(r"sha256:(\w{64})", rest) for name, version, rest in blocks}


def listing(inventory: Inventory) -> Iterator[str]:
    """A line for all that has a licence of its own: name, version, licence."""
    for package in [*inventory.added, *(one for one in inventory.python if not one.added)]:
        yield f"{package.name} {package.version}: {package.licence or 'unknown'}"
        if package.added:
            for name, licence in CARRIED.get(package.name, {}).items():
                yield f"{package.name} {package.version}, {name} in it: {licence}"


def table(inventory: Inventory) -> Table:
    """What was added to the base, by licence."""
    found: dict[str, list[str]] = {}
    for package in inventory.added:
        found.setdefault(package.licence or "unknown", []).append(package.name)
        for name, licence in CARRIED.get(package.name, {}).items():
            found.setdefault(licence, []).append(f"{name} in {package.name}")
    made = Table("licence", "above the base", box=None, header_style="bold", pad_edge=False)
    for licence, names in sorted(found.items()):
        made.add_row(licence, ", ".join(names))
    return made


if __name__ == "__main__":
    sys.exit(main())
