"""Builds a service's image: ``nox -s build-vad -- [--base IMAGE] [--models hub|tiny|volume]``.

An image that the engine or the registry has, with the name its inputs give it, is not built again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import docker
from docker.models.images import Image
from rich.console import Console
from rich.table import Table

from tools.images.engine import EngineError, command_line, connect, find_image, has_builders
from tools.images.inputs import Inputs, gather
from tools.images.pin import pull
from tools.images.plan import Plan, plan
from tools.images.registry.errors import RegistryError
from tools.images.registry.repository import Repository
from tools.images.report import layers_above, megabytes
from tools.images.stage import ignore_file
from tools.workspace import ROOT


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
        client = connect()
        inputs = gather(client, wanted)
        if reference := published(client, inputs):
            print(f"nothing to build: the registry has an image of these inputs\n{reference}")
        else:
            built = make(client, inputs)
            reference = built.reference
            describe(built)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    job = wanted.folder.relative_to(ROOT) / "test_input.json"
    print(
        "try it:\ndocker run --rm --network none "
        f'-v "$PWD/{job}:/app/test_input.json:ro" {reference}'
    )
    return 0


def build(plan: Plan) -> Built:
    """Build an image, or find it built in the engine.

    Raises:
        EngineError: no engine, no base image, an input is missing, an impossible name, or a step of
            the build failed.
    """
    client = connect()
    return make(client, gather(client, plan))


def make(client: docker.DockerClient, inputs: Inputs) -> Built:
    """Build an image of these inputs, or find it built in the engine.

    Raises:
        EngineError: no base image, an impossible name, or a step of the build failed.
    """
    found = find_image(client, inputs.reference) if inputs.plan.cache else None
    base = pull(client, inputs.plan.base, inputs.base)
    if found:
        return Built(inputs.reference, found, base, now=False)
    ignore = inputs.plan.folder / "Dockerfile.dockerignore"
    if ignore.read_text(encoding="utf-8") != ignore_file(inputs.plan.service):
        raise EngineError(f"{ignore.relative_to(ROOT)} is out of date: run `nox -s generate`")
    return Built(inputs.reference, run(client, inputs, inputs.reference), base)


def run(client: docker.DockerClient, inputs: Inputs, name: str) -> Image:
    """Build an image of these inputs under a name, whether it is there or not.

    Raises:
        EngineError: a step of the build failed.
    """
    command = command_line()
    arguments = inputs.plan.command(name, inputs.labels, load=has_builders(command))
    done = subprocess.run(
        [command, *arguments],
        check=False, input=inputs.context, env={**os.environ, "DOCKER_BUILDKIT": "1"},
    )  # fmt: skip
    image = find_image(client, name)
    if done.returncode or image is None:
        raise EngineError("the build failed; the step that did is above, with its reason")
    return image


def published(client: docker.DockerClient, inputs: Inputs) -> str | None:
    """The image's name at its registry, by digest, if it is only there.

    That a registry cannot be asked is said, and stops no build.

    Raises:
        EngineError: an impossible name, or unusable credentials.
    """
    if not inputs.plan.cache or find_image(client, inputs.reference) or inputs.is_local:
        return None
    try:
        digest = Repository(inputs.repository, inputs.plan.ca).digest(inputs.tag)
    except RegistryError as error:
        print(f"not looked for in the registry: {error}", file=sys.stderr)
        return None
    return f"{inputs.repository}@{digest}" if digest else None


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


if __name__ == "__main__":
    sys.exit(main())
