"""Stages a build: ``nox -s stage-vad -- [--models KIND] [--to FILE]`` writes its context.

The context is a tar archive of exactly the files the image declares. It is the same, byte for byte,
on every machine, and its SHA-256 is the digest of the image's inputs.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from typing import get_args

from tools.images.engine import EngineError
from tools.workspace import from_the_user
from tools.workspace.digest import pack
from tools.workspace.targets import Accelerator, Models, accelerators, image, image_folder
from tools.workspace.tree import Tree


def inputs(
    service: str,
    models: Models = "tiny",
    tree: Tree | None = None,
    accelerator: Accelerator | None = None,
) -> list[str]:
    """What the build of a service's image reads, sorted; with the tiny weights, that is the most.

    Raises:
        EngineError: one of these files is not there.
    """
    tree = tree or Tree()
    found = sorted(image(tree, service, models, accelerator).inputs(tree))
    if missing := [path for path in found if path not in tree.files]:
        raise EngineError(f"the image of {service} is made from files that are missing: {missing}")
    return found


def ignore_file(service: str) -> str:
    """The ``Dockerfile.dockerignore`` that lets a plain ``docker build`` see the same files."""
    tree = Tree()
    found = {
        path
        for accelerator in accelerators(tree, service)
        for path in image(tree, service, "tiny", accelerator).inputs(tree)
    } - {f"{image_folder(service)}/Dockerfile"}
    allowed = "".join(f"!{path}\n" for path in sorted(found))
    return f"# Written by `nox -s generate`: all that the image is made from.\n*\n{allowed}"


def stage(service: str, models: Models, accelerator: Accelerator | None = None) -> bytes:
    """The context of a build.

    Raises:
        EngineError: a file is missing.
    """
    tree = Tree()
    return pack(tree, inputs(service, models, tree, accelerator))


def main() -> int:
    """Write the context; 0 on success."""
    service = sys.argv[1]
    parser = argparse.ArgumentParser(prog=f"nox -s stage-{service} --", description=__doc__)
    parser.add_argument("--models", choices=get_args(Models), default="hub")
    parser.add_argument(
        "--accelerator", choices=get_args(Accelerator), help="if not the endpoint's"
    )
    parser.add_argument("--to", metavar="FILE", default=f"{service}-context.tar")
    given = parser.parse_args(sys.argv[2:])
    path = from_the_user(given.to)
    try:
        context = stage(service, given.models, given.accelerator)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    path.write_bytes(context)
    print(f"{hashlib.sha256(context).hexdigest()}  {given.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
