"""Says what is not deployed as it is committed: ``nox -s pending -- [--json] [--all]``.

For each service the commit that its endpoint's image was made from is compared with this one: the
last that was deployed with success, whatever was pushed since. Where that commit is not known here,
as after a force push, or nothing is deployed, the service is to be deployed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
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
    """A service that is to be deployed.

    Attributes:
        service: which.
        reason: why.
        image: the one that is deployed, if that is to stay and only settings differ.
    """

    service: str
    reason: str
    image: str = ""


def main() -> int:
    """Print what is to be deployed; 0 when that could be found out."""
    given = _arguments()
    try:
        with RunPod.of_environment() as api:
            endpoints = api.endpoints()
            only = [given.service] if given.service else given.among.replace(",", " ").split()
            anyway = given.all or given.service is not None
            found = pending(api, ROOT, anyway=anyway, only=only)
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
    api: RunPod, root: Path, *, anyway: bool = False, only: Sequence[str] = ()
) -> list[Pending]:
    """The services that are to be deployed.

    Args:
        api: the account.
        root: the repository.
        anyway: whether what is deployed as it is committed is among them.
        only: the services to look at; none: all there are.

    Raises:
        DeployError: RunPod or a registry does not answer, or there are several of a name.
        GitError: there is no git.
    """
    tree = Tree(root)
    services = tree.services()
    if unknown := [name for name in only if name not in services]:
        raise DeployError(f"there is no service {', '.join(unknown)}: {', '.join(services)}")
    services = [service for service in services if not only or service in only]
    found = (_pending(api, service, tree) for service in services)
    default = (Pending(service, "asked for") for service in services)
    return [each or other for each, other in zip(found, default, strict=True) if each or anyway]


def left_over(endpoints: Sequence[Document], services: Sequence[str]) -> list[str]:
    """The endpoints of services that are no more, by the names that our images have."""
    found = []
    for endpoint in endpoints:
        image = endpoint.get("image", "").partition("@")[0].rpartition("/")[2].partition(":")[0]
        service = endpoint["name"].removesuffix(" -fb")
        if image == f"{service}-service" and service not in services:
            found.append(service)
    return sorted(found)


def is_later(commit: str, root: Path) -> bool:
    """Whether a commit comes after the one that is checked out: a later push was faster."""
    try:
        git("merge-base", "--is-ancestor", "HEAD", commit, at=root)
        return git("rev-parse", "HEAD", at=root).strip() != commit
    except GitError:  # it does not, or is not known here
        return False


def _pending(api: RunPod, service: str, tree: Tree) -> Pending | None:
    endpoint = api.find(service)
    if endpoint is None:
        return Pending(service, "nothing is deployed")
    image = read(endpoint["image"])
    if image.commit is None:
        return Pending(service, "what is deployed does not say which commit it is of")
    if not _is_known(image.commit, tree.root):
        return Pending(service, f"the deployed commit {image.commit[:7]} is not in this history")
    if files := _changed(service, image.commit, tree):
        more = f" and {len(files) - LONGEST_LIST} more" if len(files) > LONGEST_LIST else ""
        words = f"{', '.join(files[:LONGEST_LIST])}{more}"
        return Pending(service, f"changed since {image.commit[:7]}: {words}")
    spec = EndpointSpec.of(service, tree.root)
    # Where credentials lie is no reason: their id is known when they are there.
    then = desired(service, endpoint["image"], spec, endpoint.get("registry"))
    if fields := [each.field for each in differences(endpoint, then)]:
        return Pending(service, f"settings differ: {', '.join(fields)}", endpoint["image"])
    return None


def _is_known(commit: str, root: Path) -> bool:
    try:
        git("cat-file", "-e", f"{commit}^{{commit}}", at=root)
    except GitError:
        return False
    return True


def _changed(service: str, commit: str, tree: Tree) -> list[str]:
    """The files of the service's image that are others than at that commit."""
    with committed(commit, tree.root) as old:
        change = Change.between(old, tree)
    label = f"//services/{service}:image"
    affected = (each for each in change.affected if each.target.label == label)
    return sorted({way[-1] for each in affected for way in each.why})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s pending --", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs: a matrix, and the rest")
    parser.add_argument("--all", action="store_true", help="all services, changed or not")
    parser.add_argument("--service", help="this one, changed or not")
    parser.add_argument(
        "--among", metavar="SERVICES", default="", help="these, such as 'vad asr'; default: all"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
