"""Says what a change touches: ``nox -s affected -- [--since COMMIT] [--explain] [--json]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.workspace import ROOT
from tools.workspace.change import Affected, Change
from tools.workspace.tree import GitError, Tree, committed, git

MAIN = "origin/main"
WORDS = {"image": "build", "endpoint": "deploy", "tests": "test"}


def main(root: Path = ROOT) -> int:
    """Compare the working tree with a commit; 0 when that could be done."""
    given = _arguments()
    try:
        since = given.since or _default(root)
        commit = base(since, root)
        with committed(commit, root) as old:
            change = Change.between(old, Tree(root), given.models)
    except (GitError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if given.json:
        print(_as_json(commit, change))
    else:
        print(_as_text(f"{since} ({commit[:7]})", change, explain=given.explain))
    return 0


def base(since: str, root: Path) -> str:
    """The commit to compare with: the one where this branch left ``since``.

    Raises:
        GitError: there is no such commit, or none in common with it.
    """
    try:
        commit = git("rev-parse", "--verify", "--quiet", f"{since}^{{commit}}", at=root).strip()
    except GitError:
        raise GitError(f"there is no commit {since}") from None
    try:
        return git("merge-base", commit, "HEAD", at=root).strip()
    except GitError:
        raise GitError(
            f"{since} and HEAD have no commit in common; is this a shallow clone? "
            "`git fetch --unshallow` gets the rest"
        ) from None


def _default(root: Path) -> str:
    try:
        git("rev-parse", "--verify", "--quiet", MAIN, at=root)
    except GitError:
        return "HEAD"
    return MAIN


def _as_text(since: str, change: Change, *, explain: bool) -> str:
    count = len(change.files)
    lines = [f"{count} {'file differs' if count == 1 else 'files differ'} from {since}"]
    for found in change.affected:
        lines.append(f"{WORDS[found.target.kind]:<7} {found.target.label}")
        if explain:
            lines += (f"          {' -> '.join(way)}" for way in _ways(found, change))
    lines += (f"gone    {label}" for label in change.gone)
    used = {way[-1] for found in change.affected for way in found.why}
    if explain and change.files - used:
        lines += ["in no target", *(f"          {path}" for path in sorted(change.files - used))]
    return "\n".join(lines if change.affected or change.gone else [*lines, "nothing to do"])


def _ways(found: Affected, change: Change) -> Iterator[tuple[str, ...]]:
    """Why a target is affected; of an endpoint whose image is, only what is not the image's."""
    known: set[tuple[str, ...]] = set()
    for other in change.affected if found.target.kind == "endpoint" else ():
        if other.target.kind == "image" and other.target.folder == found.target.folder:
            known = set(other.why)
            yield (other.target.label,)
    yield from (way for way in found.why if way not in known)


def _as_json(since: str, change: Change) -> str:
    todo: dict[str, list[str]] = {word: [] for word in WORDS.values()}
    for found in change.affected:
        folder = found.target.folder
        name = folder if found.target.kind == "tests" else folder.rpartition("/")[2]
        todo[WORDS[found.target.kind]].append(name)
    why = {found.target.label: found.why for found in change.affected}
    document = {"since": since, "changed": sorted(change.files), **todo, "gone": change.gone}
    return json.dumps({**document, "why": why}, indent=2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s affected --", description=__doc__)
    parser.add_argument("--since", metavar="COMMIT", help=f"default: {MAIN}, else HEAD")
    parser.add_argument(
        "--explain", action="store_true", help="the changed files, and the way there"
    )
    parser.add_argument("--json", action="store_true", help="for programs, with the explanation")
    parser.add_argument("--models", choices=("hub", "tiny", "volume"), default="hub")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
