"""Builds a service's image: ``nox -s build-vad -- [--base IMAGE] [--models hub|tiny|volume]``."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import docker
from docker.errors import APIError
from docker.models.images import Image
from rich.console import Console
from rich.table import Table

from shared.spec import ServiceSpec
from tools.images.engine import (
    EngineError,
    command_line,
    connect,
    explanation,
    find_image,
    has_builders,
)
from tools.images.inputs import digest, ignore_file
from tools.images.report import layers_above, megabytes
from tools.workspace import ROOT, from_the_user

# What reaches a mirror or a proxy decides how a build gets its inputs, never what they are.
MIRRORS = ("PIP_INDEX_URL", "APT_MIRROR", "MODELSCOPE_ENDPOINT")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: its name and tag, the image, and the base below it."""

    reference: str
    image: Image
    base: Image


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built.

    Attributes:
        service: which one.
        base: reference of the base image.
        models: ``hub``, ``tiny`` or ``volume``.
        ca: a bundle of CA certificates the build is to trust.
        network: what its steps are connected to; ``host`` reaches a hub or a proxy on this machine.
        cache: whether steps done before may be reused.
    """

    service: str
    base: str
    models: str = "hub"
    ca: Path | None = None
    network: str = "default"
    cache: bool = True

    @property
    def folder(self) -> Path:
        """The service's folder."""
        return ROOT / "services" / self.service

    def reference(self, base_id: str) -> str:
        """Name and tag: the same inputs always give the same."""
        version = ServiceSpec.read(self.folder / "service.toml").version
        inputs = digest(self.service, base_id, self.models)[:12]
        kind = "" if self.models == "hub" else f"-{self.models}"
        prefix = os.environ.get("IMAGE_PREFIX") or "local"
        return f"{prefix}/{self.service}-service:{version}-{inputs}{kind}"

    def command(self, reference: str, *, load: bool = False) -> list[str]:
        """The arguments of ``docker`` that build it; ``load`` brings it from a builder's store."""
        passed = [name for name in (*MIRRORS, *PROXIES) if os.environ.get(name)]
        arguments = [f"BASE_IMAGE={self.base}", f"MODELS={self.models}", *passed]
        return [
            *("build", "--file", str(self.folder / "Dockerfile"), "--tag", reference),
            *("--platform", "linux/amd64", "--network", self.network),
            *(option for argument in arguments for option in ("--build-arg", argument)),
            *(["--secret", f"id=ca,src={self.ca}"] if self.ca else []),
            *(
                ["--secret", "id=modelscope_token,env=MODELSCOPE_API_TOKEN"]
                if os.environ.get("MODELSCOPE_API_TOKEN")
                else []
            ),
            *([] if self.cache else ["--no-cache"]),
            *(["--load"] if load else []),
            *([] if sys.stderr.isatty() else ["--progress", "plain"]),
            str(ROOT),
        ]


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
    print(
        "try it:\ndocker run --rm --network none "
        f'-v "$PWD/{job}:/app/test_input.json:ro" {built.reference}'
    )
    return 0


def build(plan: Plan) -> Built:
    """Build an image.

    Raises:
        EngineError: no engine, no base image, an impossible name, or a step of the build failed.
    """
    client, docker_command = connect(), command_line()
    base = _base(client, plan.base)
    ignore = plan.folder / "Dockerfile.dockerignore"
    if ignore.read_text(encoding="utf-8") != ignore_file(plan.service):
        raise EngineError(f"{ignore.relative_to(ROOT)} is out of date: run `nox -s generate`")
    reference = plan.reference(str(base.id))
    find_image(client, reference)  # a name that can be none is refused before anything is built
    load = has_builders(docker_command)
    done = subprocess.run(
        [docker_command, *plan.command(reference, load=load)],
        check=False, env={**os.environ, "DOCKER_BUILDKIT": "1"},
    )  # fmt: skip
    image = find_image(client, reference)
    if done.returncode or image is None:
        raise EngineError("the build failed; the step that did is above, with its reason")
    return Built(reference, image, base)


def describe(built: Built) -> None:
    """Print name, tag, digest, and the size of each layer above the base."""
    layers = layers_above(built.image, built.base)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    for layer in layers:
        table.add_row(megabytes(layer.size), layer.step)
    added = sum(layer.size for layer in layers)
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    console.print(f"\n[bold]{built.reference}[/]\n{built.image.id}")
    console.print(f"{megabytes(built.image.attrs['Size'])}, {megabytes(added)} above the base:")
    console.print(table)


def _base(client: docker.DockerClient, reference: str) -> Image:
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


def plan(service: str, options: list[str]) -> Plan:
    """What the options of the command ask for.

    Raises:
        EngineError: a bundle of CA certificates that is named is not there.
    """
    parser = argparse.ArgumentParser(prog=f"nox -s build-{service} --", description=__doc__)
    parser.add_argument("--base", metavar="IMAGE", help="the base image, if not the Dockerfile's")
    parser.add_argument("--models", choices=("hub", "tiny", "volume"), default="hub")
    parser.add_argument("--ca", metavar="FILE", help="CA certificates to trust")
    parser.add_argument("--network", help="of its steps: host reaches a proxy on this machine")
    parser.add_argument("--no-cache", dest="cache", action="store_false", help="do every step anew")
    given = parser.parse_args(options)
    return Plan(
        service=service,
        base=given.base or default_base(service),
        models=given.models,
        ca=trusted_ca(given.ca),
        network=given.network or ("host" if _on_this_machine() else "default"),
        cache=given.cache,
    )


def trusted_ca(option: str | None = None) -> Path | None:
    """The CA bundle to trust: ``--ca``'s, or what this machine does, as behind a TLS proxy.

    Raises:
        EngineError: there is no such file.
    """
    names = {"--ca": option, **{name: os.environ.get(name) for name in CA_VARIABLES}}
    for name, value in names.items():
        if value:
            path = from_the_user(value).absolute()
            if not path.is_file():
                raise EngineError(f"{name} names {path}, which is no file")
            return path
    return None


def _on_this_machine() -> bool:
    """Whether a mirror or a proxy is on the loopback address, another one in a build's step."""
    values = (os.environ.get(name, "") for name in (*MIRRORS, *PROXIES))
    return any(urlsplit(value).hostname in {"localhost", "127.0.0.1", "::1"} for value in values)


def default_base(service: str) -> str:
    """The base image that a service's Dockerfile names."""
    text = (ROOT / "services" / service / "Dockerfile").read_text(encoding="utf-8")
    (found,) = re.findall(r"^ARG BASE_IMAGE=(\S+)$", text, re.MULTILINE)
    return str(found)


if __name__ == "__main__":
    sys.exit(main())
