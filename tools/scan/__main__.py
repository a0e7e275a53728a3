"""Looks for known vulnerabilities in what is deployed: ``nox -s scan`` or ``nox -s scan-vad``.

Looked at are the very images that endpoints run. What has a fix and is bad enough has to be mended:
the command fails. ``ignored.toml`` names what does no harm here, and until when to believe that.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import docker
from rich.console import Console
from rich.markdown import Markdown

from tools.deploy.api import RunPod
from tools.deploy.deployed import by_digest, read
from tools.deploy.errors import DeployError
from tools.deploy.show import append
from tools.images.bom import document
from tools.images.engine import EngineError, connect
from tools.images.fetch import fetch
from tools.images.inventory import read as read_files
from tools.images.sbom import locked
from tools.scan.findings import findings
from tools.scan.ignored import ignored, stale, verdict
from tools.scan.osv import Osv, ScanError
from tools.scan.packages import Contents, Document
from tools.scan.report import Report
from tools.workspace import from_the_user, service_names

HIGH = 7.0  # as CVSS calls it


def main(arguments: list[str] | None = None, osv: Osv | None = None) -> int:
    """Look up, and print what was found; 0 if nothing has to be mended."""
    given = _arguments(sys.argv[1:] if arguments is None else arguments)
    today = datetime.now(UTC).date()
    contents, images = Contents(), list[str]()
    try:
        entries = ignored(today)
        for service, image, bill in _bills(given):
            contents.add(bill, service)
            images.append(image)
        if not images:
            print("nothing is deployed")
            return 0
        with osv or Osv() as database:
            ids = database.ids(contents.packages)
            found = findings(ids, database.records(set().union(*ids.values())))
    except (DeployError, EngineError, ScanError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    judged = [(each, verdict(each, given.at_least, entries, today)) for each in found]
    report = Report(images, contents, given.at_least, judged, stale(entries, found, today))
    text = report.text(complete=given.all)
    Console(highlight=False).print(Markdown(text))
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        append(path, text)
    return int(bool(report.counting))


def _bills(given: argparse.Namespace) -> Iterator[tuple[str, str, Document]]:
    """Of each image: its service, a line that says which it is, and what is in it."""
    if given.sbom:
        path = from_the_user(given.sbom)
        yield given.services[0], str(given.sbom), json.loads(path.read_text(encoding="utf-8"))
        return
    client = connect(silence_s=900)  # while it unpacks an image
    if given.image:
        image = by_digest(given.image)
        yield given.services[0], f"`{image}`", _bill(client, given.services[0], image)
        return
    with RunPod.of_environment() as api:
        for service in given.services or service_names():
            if (endpoint := api.find(service)) is None:
                print(f"{service} is not deployed", file=sys.stderr)
                continue
            said = read(by_digest(endpoint["image"]))
            told = f"{service} {said.version or '?'}, commit {(said.commit or '?')[:7]}"
            yield service, f"{told}: `{said.name}`", _bill(client, service, said.name)


def _bill(client: docker.DockerClient, service: str, name: str) -> Document:
    image = fetch(client, name)
    bill: Document = json.loads(document(read_files(client, image), image, locked(service)))
    return bill


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s scan-<service> --", description=__doc__)
    parser.add_argument("services", nargs="*", help="default: all that are deployed")
    parser.add_argument("--image", help="instead of the deployed one")
    parser.add_argument("--sbom", metavar="FILE", help="instead: of a CycloneDX document of it")
    parser.add_argument(
        "--at-least", type=float, default=HIGH, metavar="SCORE", help=f"default: {HIGH:g}"
    )
    parser.add_argument("--all", action="store_true", help="print those that do not count, too")
    given = parser.parse_args(arguments)
    if unknown := set(given.services) - set(service_names()):
        parser.error(f"there is no service {', '.join(unknown)}: {', '.join(service_names())}")
    if bool(given.image) + bool(given.sbom) > (len(given.services) == 1):
        parser.error("--image and --sbom are of one service: `nox -s scan-<service>`")
    return given


if __name__ == "__main__":
    sys.exit(main())
