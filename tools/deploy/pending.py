"""Says what is not deployed as it is committed: ``nox -s pending -- [--json] [--all]``.

For each service the commit that its endpoint's image was made from is compared with this one: the
last that was deployed with success, whatever was pushed since. Where that commit is not known here,
as after a force push, or nothing is deployed, the service is to be deployed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.deploy.api import Document, RunPod
from tools.deploy.deployed import read
from tools.deploy.desired import desired, differences
from tools.deploy.errors import DeployError
from tools.endpoints import EndpointSpec
from tools.workspace import ROOT
from tools.workspace.change import Change
from tools.workspace.tree import GitError, Tree, committed, git

LONGEST_LIST = 5  # files named as a reason


@dataclass(frozen=True, slots=True)
class Pending:
    """A service that is to be deployed, and why."""

    service: str
    reason: str


def main() -> int:
    """Print what is to be deployed; 0 when that could be found out."""
    given = _arguments()
    try:
        with RunPod.of_environment() as api:
            endpoints = api.endpoints()
            found = pending(api, ROOT, anyway=given.all, only=given.service)
    except (DeployError, GitError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    gone = left_over(endpoints, Tree().services())
    if given.json:
        print(json.dumps({"include": [asdict(each) for each in found], "gone": gone}))
        return 0
    for each in found:
        print(f"deploy  {each.service}: {each.reason}")
    for name in gone:
        print(f"gone    {name}: its endpoint is still there, delete it in RunPod's console")
    if not found and not gone:
        print("nothing to do")
    return 0


def pending(
    api: RunPod, root: Path, *, anyway: bool = False, only: str | None = None
) -> list[Pending]:
    """The services that are to be deployed.

    Args:
        api: the account.
        root: the repository.
        anyway: all of them.
        only: this one, in any case.

    Raises:
        DeployError: RunPod or a registry does not answer, or there are several of a name.
        GitError: there is no git.
    """
    tree = Tree(root)
    services = tree.services()
    if only is not None:
        if only not in services:
            raise DeployError(f"there is no service {only}: {', '.join(services)}")
        services = [only]
    found = ((service, next(_reasons(api, service, tree), None)) for service in services)
    asked = anyway or only is not None
    return [Pending(each, reason or "asked for") for each, reason in found if reason or asked]


def left_over(endpoints: Sequence[Document], services: Sequence[str]) -> list[str]:
    """The endpoints of services that are no more, by the names that our images have."""
    found = []
    for endpoint in endpoints:
        image = endpoint.get("image", "").partition("@")[0].rpartition("/")[2].partition(":")[0]
        service = endpoint["name"].removesuffix(" -fb")
        if image == f"{service}-service" and service not in services:
            found.append(service)
    return sorted(found)


def _reasons(api: RunPod, service: str, tree: Tree) -> Iterator[str]:
    endpoint = api.find(service)
    if endpoint is None:
        yield "nothing is deployed"
        return
    image = read(endpoint["image"])
    if image.commit is None:
        yield "what is deployed does not say which commit it is of"
        return
    if not _is_known(image.commit, tree.root):
        yield f"the deployed commit {image.commit[:7]} is not in this history"
        return
    yield from _changes(service, image.commit, tree)
    spec = EndpointSpec.of(service, tree.root)
    # Where credentials lie is no reason: their id is known when they are there.
    then = desired(service, endpoint["image"], spec, endpoint.get("registry"))
    if fields := [each.field for each in differences(endpoint, then)]:
        yield f"settings differ: {', '.join(fields)}"


def _is_known(commit: str, root: Path) -> bool:
    try:
        git("cat-file", "-e", f"{commit}^{{commit}}", at=root)
    except GitError:
        return False
    return True


def _changes(service: str, commit: str, tree: Tree) -> Iterator[str]:
    with committed(commit, tree.root) as old:
        change = Change.between(old, tree)
    for each in change.affected:
        if each.target.label == f"//services/{service}:image":
            files = sorted({way[-1] for way in each.why})
            more = f" and {len(files) - LONGEST_LIST} more" if len(files) > LONGEST_LIST else ""
            yield f"changed since {commit[:7]}: {', '.join(files[:LONGEST_LIST])}{more}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s pending --", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs: a matrix, and the rest")
    parser.add_argument("--all", action="store_true", help="all services, changed or not")
    parser.add_argument("--service", help="this one, changed or not")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
