"""Pushes a service's image: ``nox -s push-vad -- [--base IMAGE] [--models hub|tiny|volume]``.

It is built if it is nowhere. If the registry has the name that its inputs give it, nothing is done.
The last line printed is the image by its digest.
"""

from __future__ import annotations

import sys

from tools.images.build import make
from tools.images.engine import EngineError, connect, find_image
from tools.images.inputs import INPUTS, Inputs, gather
from tools.images.origin import REVISION, origin
from tools.images.plan import Plan, plan
from tools.images.registry.errors import RegistryError
from tools.images.registry.repository import Manifest, Repository
from tools.images.report import megabytes
from tools.images.transfer import Transfer

SILENCE_S = 900  # a registry may take minutes to store a large layer, and says nothing meanwhile


def main() -> int:
    """Push the image and say which it is; 0 on success."""
    try:
        name = push(plan(sys.argv[1], sys.argv[2:], verb="push"))
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(name)
    return 0


def push(plan: Plan) -> str:
    """Push an image unless it is there; returns its name, by digest.

    Raises:
        EngineError: it cannot be built, or the registry cannot be reached or refuses.
    """
    client = connect(SILENCE_S)
    inputs = gather(client, plan)
    if inputs.is_local:
        raise EngineError(
            "set IMAGE_PREFIX to where images are pushed: your account at Docker Hub, or a "
            "registry and what it wants in front of a name, such as ghcr.io/me"
        )
    # Before a registry is asked: the engine knows whether it can be an image's name.
    image, repository = find_image(client, inputs.reference), Repository(inputs.repository, plan.ca)
    if found := repository.manifest(inputs.tag):
        commit = _commit(repository, found, inputs)
        print(f"nothing to push: the registry has {inputs.reference}{commit}")
        return f"{repository.name}@{found.digest}"
    image = image or make(client, inputs).image
    pushed = Transfer(client, image, repository, origin(inputs.plan)).push(inputs.tag)
    print(f"{inputs.reference}: {megabytes(pushed.sent)} sent, {megabytes(pushed.kept)} were there")
    return pushed.name


def _commit(repository: Repository, found: Manifest, inputs: Inputs) -> str:
    """Which commit an image in the registry was pushed from, if that is known.

    Raises:
        RegistryError: it is an image of other inputs.
    """
    if (repository.config(found)["config"].get("Labels") or {}).get(INPUTS) != inputs.digest:
        raise RegistryError(
            f"{inputs.reference} is taken: the registry has an image of other inputs under that "
            "name. Delete it there, or raise the version in service.toml"
        )
    revision = found.document.get("annotations", {}).get(REVISION)
    return f", of commit {revision}" if revision else ""


if __name__ == "__main__":
    sys.exit(main())
