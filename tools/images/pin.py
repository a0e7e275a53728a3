"""Which base image exactly: ``nox -s pin-base [-- IMAGE]`` writes its digest into the Dockerfiles.

A tag can be moved. The digest it leads to is an input of every image; pinned, it is the same input
tomorrow, and on every machine.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.auth import resolve_repository_name
from docker.errors import APIError
from docker.models.images import Image
from docker.utils import parse_repository_tag

from tools.images.engine import EngineError, connect, explanation, find_image
from tools.images.plan import BASE_IMAGE, default_base
from tools.workspace import ROOT, service_names


@dataclass(frozen=True, slots=True)
class Base:
    """A base image.

    Attributes:
        reference: what ``FROM`` is to name.
        digest: what counts as an input: its registry's digest, or the engine's id for one that was
            made here and is in no registry.
    """

    reference: str
    digest: str


def main(folder: Path = ROOT) -> int:
    """Pin the base; 0 on success."""
    parser = argparse.ArgumentParser(prog="nox -s pin-base --", description=__doc__)
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="default: the Dockerfiles'")
    given = parser.parse_args().image or default_base(service_names()[0]).partition("@")[0]
    try:
        client = connect()
        base = identify(client, given) if "@" in given else ask(client, given)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for path in sorted(folder.glob("services/*/Dockerfile")):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(BASE_IMAGE, rf"\g<1>{base.reference}", text), encoding="utf-8")
    print(base.reference)
    return 0


def identify(client: docker.DockerClient, name: str) -> Base:
    """The base of that name: as it is pinned, as the engine has it, or as its registry says.

    Raises:
        EngineError: none of them knows it.
    """
    if "@" in name:
        digest = name.partition("@")[2]
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise EngineError(f"{name} does not end in a digest, sha256: and 64 hexadecimal digits")
        return Base(name, digest)
    if image := find_image(client, name):
        return Base(name, digest_of(image, name))
    return ask(client, name)


def digest_of(image: Image, name: str) -> str:
    """What identifies a base that the engine has under a name.

    Its registry's digest; where it was pulled from several, or pushed to another one, that of the
    name's own. The id, of an image that is in none, is the engine's own affair: with another way of
    storing images it is another one.
    """
    found: dict[tuple[str, str], str] = {}
    for known in sorted(image.attrs["RepoDigests"] or []):
        repository, _, digest = known.partition("@")
        found[resolve_repository_name(repository)] = digest
    own = resolve_repository_name(parse_repository_tag(name)[0])
    return found.get(own) or next(iter(found.values()), str(image.id))


def ask(client: docker.DockerClient, name: str) -> Base:
    """The base as its registry has it now. The engine asks, so mirrors it knows are used.

    Raises:
        EngineError: the registry cannot be asked, or has none.
    """
    try:
        digest = client.images.get_registry_data(name).id
    except APIError as error:
        raise _unknown(name, error) from None
    return Base(f"{name}@{digest}", str(digest))


def pull(client: docker.DockerClient, base: Base) -> Image:
    """The base in the engine, pulled if need be.

    Raises:
        EngineError: it cannot be had.
    """
    if image := find_image(client, base.reference):
        return image
    print(f"pulling {base.reference}", file=sys.stderr, flush=True)
    name = base.reference.partition("@")[0]
    try:
        image = client.images.pull(base.reference, platform="linux/amd64")
        if not find_image(client, name):  # by a digest alone it could not be found without network
            image.tag(*parse_repository_tag(name))
    except APIError as error:
        raise _unknown(base.reference, error) from None
    return image


def _unknown(name: str, error: APIError) -> EngineError:
    return EngineError(
        f"the base image {name} cannot be had: {explanation(error)}. Name another with --base, "
        "such as one from a mirror; or make one here with `nox -s base` and use `--base local/base`"
    )


if __name__ == "__main__":
    sys.exit(main())
