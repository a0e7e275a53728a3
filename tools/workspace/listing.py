"""Lists the targets, each with its digest: ``nox -s targets``."""

from __future__ import annotations

import argparse
import sys

from tools.workspace.targets import targets
from tools.workspace.tree import GitError, Tree


def main() -> int:
    """Print a line for each target; 0 when all can be read."""
    parser = argparse.ArgumentParser(prog="nox -s targets --", description=__doc__)
    parser.add_argument("--models", choices=("hub", "tiny", "volume"), default="hub")
    given = parser.parse_args()
    tree = Tree()
    try:
        for target in targets(tree, given.models):
            print(target.digest(tree), target.label)
    except (GitError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
