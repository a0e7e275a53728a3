"""Builds a service's image: ``nox -s build-vad -- [--base IMAGE] [--models hub|tiny|volume]``.

An image that is there already, with the name its inputs give it, is not built again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import docker
from docker.errors import APIError
from docker.models.images import Image
from rich.console import Console
from rich.table import Table

from tools.images.engine import (
    EngineError,
    command_line,
    connect,
    explanation,
    find_image,
    has_builders,
)
from tools.images.plan import Plan, plan
from tools.images.report import layers_above, megabytes
from tools.images.stage import ignore_file, stage
from tools.workspace import ROOT
from tools.workspace.targets import PROVISION

# Finds an image by its name; one that is kept elsewhere comes into the engine with that.
Lookup = Callable[[docker.DockerClient, str], Image | None]


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: its name and tag, the image, the base below it, and whether just now."""

    reference: str
    image: Image
    base: Image
    now: bool = True


def main() -> int:
    """Build the image and say what it is; 0 on success."""
    try:
        wanted = plan(sys.argv[1], sys.argv[2:])
        built = build(wanted)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    describe(built)
    job = wanted.folder.relative_to(ROOT) / "test_input.json"
    options = f'--network none -v "$PWD/{job}:/app/test_input.json:ro"'
    if wanted.service == PROVISION:
        options = "-v A_VOLUME:/runpod-volume"
    elif wanted.models == "volume":
        options += " -v A_VOLUME:/runpod-volume:ro"
    print(f"try it:\ndocker run --rm {options} {built.reference}")
    return 0


def build(plan: Plan, kept_in: Iterable[Lookup] = (find_image,)) -> Built:
    """Build an image, or find it built.

    Args:
        plan: what to build.
        kept_in: where it may be already, asked in this order: the engine, then any registry.

    Raises:
        EngineError: no engine, no base image, an input is missing, an impossible name, or a step of
            the build failed.
    """
    client = connect()
    context, base = stage(plan.service, plan.models), find_base(client, plan.base)
    reference = plan.reference(context, base_digest(base))
    for lookup in kept_in if plan.cache else ():
        if image := lookup(client, reference):
            return Built(reference, image, base, now=False)
    ignore = plan.folder / "Dockerfile.dockerignore"
    if ignore.read_text(encoding="utf-8") != ignore_file(plan.service):
        raise EngineError(f"{ignore.relative_to(ROOT)} is out of date: run `nox -s generate`")
    return Built(reference, run(client, plan, reference, context), base)


def run(client: docker.DockerClient, plan: Plan, reference: str, context: bytes) -> Image:
    """Build an image from its context under that name, whether it is there or not.

    Raises:
        EngineError: a step of the build failed.
    """
    command = command_line()
    done = subprocess.run(
        [command, *plan.command(reference, load=has_builders(command))],
        check=False, input=context, env={**os.environ, "DOCKER_BUILDKIT": "1"},
    )  # fmt: skip
    image = find_image(client, reference)
    if done.returncode or image is None:
        raise EngineError("the build failed; the step that did is above, with its reason")
    return image


def base_digest(base: Image) -> str:
    """What identifies a base image: its registry's digest, or the engine's id for one made here.

    The id is the engine's own affair: with another way of storing images it is another one.
    """
    digests = sorted(name.partition("@")[2] for name in base.attrs["RepoDigests"] or [])
    return digests[0] if digests else str(base.id)


def describe(built: Built) -> None:
    """Print name, tag, digest, and the size of each layer above the base."""
    layers = layers_above(built.image, built.base)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    for layer in layers:
        table.add_row(megabytes(layer.size), layer.step)
    added = sum(layer.size for layer in layers)
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    if not built.now:
        console.print("nothing to build: there is an image of these inputs")
    console.print(f"\n[bold]{built.reference}[/]\n{built.image.id}")
    console.print(f"{megabytes(built.image.attrs['Size'])}, {megabytes(added)} above the base:")
    console.print(table)


def find_base(client: docker.DockerClient, reference: str) -> Image:
    """The base image, pulled if need be.

    Raises:
        EngineError: it cannot be had.
    """
    if image := find_image(client, reference):
        return image
    print(f"pulling {reference}", file=sys.stderr, flush=True)
    try:
        return client.images.pull(reference, platform="linux/amd64")
    except APIError as error:
        raise EngineError(
            f"the base image {reference} cannot be pulled: {explanation(error)}. Name another with "
            "--base, such as one from a mirror; or make one here with `nox -s base` and use "
            "`--base local/base`"
        ) from None


if __name__ == "__main__":
    sys.exit(main())
