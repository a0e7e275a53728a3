"""Which base image exactly: ``nox -s pin-base [-- IMAGE]`` writes its digest into the Dockerfiles.

A tag can be moved. The digest it leads to is an input of every image; pinned, it is the same input
tomorrow, and on every machine. ``--check`` says whether the tag has been moved since.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import docker
from docker.auth import resolve_repository_name
from docker.errors import APIError, DockerException
from docker.models.images import Image
from docker.utils import parse_repository_tag

from tools.images.engine import EngineError, connect, explanation, find_image
from tools.images.plan import default_base, line_of
from tools.workspace import ROOT, service_names
from tools.workspace.targets import Accelerator


def main(folder: Path = ROOT) -> int:
    """Pin the base; 0 on success."""
    parser = argparse.ArgumentParser(prog="nox -s pin-base --", description=__doc__)
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="default: the Dockerfiles'")
    parser.add_argument("--slim", action="store_true", help="the base of images without torch")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if what is pinned is out of date"
    )
    options = parser.parse_args()
    accelerator: Accelerator = "cpu" if options.slim else "gpu"
    pinned = default_base(service_names()[0], accelerator)
    given = options.image or pinned.partition("@")[0]
    try:
        client = connect()
        if options.check:
            return check(client, options.image or pinned)
        digest = identify(client, given) if "@" in given else ask(client, given)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    pinned = f"{given.partition('@')[0]}@{digest}"
    for path in sorted(folder.glob("services/*/Dockerfile")):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(line_of(accelerator), rf"\g<1>{pinned}", text), encoding="utf-8")
    print(pinned)
    return 0


def check(client: docker.DockerClient, base: str) -> int:
    """Say whether a base's name still leads to the digest it is pinned to; 0 if it does.

    Raises:
        EngineError: the registry cannot be asked, or has none.
    """
    name, _, digest = base.partition("@")
    if not digest:
        print(f"{name} is not pinned: each build asks which image that is")
    elif (now := ask(client, name)) != digest:
        print(f"{name} is another image by now, {now}: `nox -s pin-base`, and a push")
        return 1
    else:
        print(f"{name} is still the image that is pinned")
    return 0


def identify(client: docker.DockerClient, name: str) -> str:
    """The digest of a base: it is pinned, or the engine knows it, or its registry does.

    Raises:
        EngineError: none of them knows it.
    """
    if "@" in name:
        digest = name.partition("@")[2]
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise EngineError(f"{name} does not end in a digest, sha256: and 64 hexadecimal digits")
        return digest
    if image := find_image(client, name):
        return digest_of(image, name)
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


def ask(client: docker.DockerClient, name: str) -> str:
    """The digest of a base at its registry. The engine asks, so mirrors it knows are used.

    Raises:
        EngineError: the registry cannot be asked, or has none.
    """
    try:
        return str(client.images.get_registry_data(name).id)
    except DockerException as error:
        raise _unknown(name, error) from None


def pull(client: docker.DockerClient, name: str, digest: str) -> Image:
    """The base of that name and digest in the engine, pulled if need be.

    Raises:
        EngineError: it cannot be had, or the name leads to another one by now.
    """
    if image := find_image(client, name):
        return image
    print(f"pulling {name}", file=sys.stderr, flush=True)
    try:
        image = client.images.pull(name, platform="linux/amd64")
    except APIError as error:
        raise _unknown(name, error) from None
    if "@" not in name and digest_of(image, name) != digest:
        raise EngineError(f"the base image {name} was moved just now: start again, or pin it")
    return image


def _unknown(name: str, error: DockerException) -> EngineError:
    return EngineError(
        f"the base image {name} cannot be had: {explanation(error)}. Name another with --base, "
        "such as one from a mirror; or make one here with `nox -s base` and use `--base local/base`"
    )


if __name__ == "__main__":
    sys.exit(main())
