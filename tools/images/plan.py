"""What is to be built: the options of ``nox -s build-vad``, and the arguments of ``docker``."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from tools.images.engine import EngineError
from tools.workspace import ROOT, from_the_user
from tools.workspace.digest import SOURCE_DATE_EPOCH
from tools.workspace.targets import (
    PROVISION,
    Accelerator,
    Models,
    accelerators,
    deployed_on,
    image_folder,
)
from tools.workspace.tree import Tree

# What reaches a mirror or a proxy decides how a build gets its inputs, never what they are.
MIRRORS = ("PIP_INDEX_URL", "APT_MIRROR", "MODELSCOPE_ENDPOINT")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
# The Dockerfiles' base images: with torch, and without for images that compute on CPUs.
BASES: dict[Accelerator, str] = {"gpu": "BASE_IMAGE", "cpu": "SLIM_IMAGE"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built.

    Attributes:
        service: which one; ``provision`` is the image that fills a volume.
        base: reference of the base image.
        models: where its models come from.
        ca: a bundle of CA certificates the build is to trust.
        network: what its steps are connected to; ``host`` reaches a hub or a proxy on this machine.
        cache: whether what was done before may be reused: the whole image, or steps of it.
        accelerator: what it computes on; an image for ``cpu`` has no torch.
        torch: reference of an image with torch, in which the network of one for ``cpu`` is written
            and compared; what is written does not depend on it.
    """

    service: str
    base: str
    models: Models = "hub"
    ca: Path | None = None
    network: str = "default"
    cache: bool = True
    accelerator: Accelerator = "gpu"
    torch: str | None = None

    @property
    def folder(self) -> Path:
        """Where its Dockerfile is."""
        return ROOT / image_folder(self.service)

    def command(
        self, reference: str, labels: Mapping[str, str] | None = None, *, load: bool = False
    ) -> list[str]:
        """The arguments of ``docker`` that build it from the staged context, given on stdin.

        Args:
            reference: what the image is to be called.
            labels: what it says of itself.
            load: whether to bring it from a builder's own store.
        """
        passed = [name for name in (*MIRRORS, *PROXIES) if os.environ.get(name)]
        arguments = [
            *(f"{BASES[self.accelerator]}={self.base}", f"SOURCE_DATE_EPOCH={SOURCE_DATE_EPOCH}"),
            *passed,
            *([f"BASE_IMAGE={self.torch}"] if self.torch else []),
            *([] if self.service == PROVISION else self._chosen()),
        ]
        return [
            *("build", "--file", f"{image_folder(self.service)}/Dockerfile", "--tag", reference),
            *("--platform", "linux/amd64", "--network", self.network),
            *(option for argument in arguments for option in ("--build-arg", argument)),
            *(["--secret", f"id=ca,src={self.ca}"] if self.ca else []),
            *(
                ["--secret", "id=modelscope_token,env=MODELSCOPE_API_TOKEN"]
                if os.environ.get("MODELSCOPE_API_TOKEN")
                else []
            ),
            *([] if self.cache else ["--no-cache"]),
            *(["--load", *build_cache()] if load else []),
            *(f"--label={name}={value}" for name, value in (labels or {}).items()),
            *([] if sys.stderr.isatty() else ["--progress", "plain"]),
            "-",
        ]

    def _chosen(self) -> list[str]:
        return [f"MODELS={self.models}", f"ACCELERATOR={self.accelerator}"]


def build_cache() -> list[str]:
    """The options of a build whose steps BUILD_CACHE, a name in a registry, keeps for the next."""
    name = os.environ.get("BUILD_CACHE")
    if not name:
        return []
    place = f"type=registry,ref={name}"
    return ["--cache-from", place, "--cache-to", f"{place},mode=max,ignore-error=true"]


def plan(service: str, options: list[str], verb: str = "build") -> Plan:
    """What the options of the command ask for.

    Raises:
        EngineError: a bundle of CA certificates that is named is not there, or no such image can
            be made.
    """
    tree = Tree()
    parser = argparse.ArgumentParser(prog=f"nox -s {verb}-{service} --")
    parser.set_defaults(cache=verb != "verify", models="hub", accelerator="gpu", torch=None)
    parser.add_argument("--base", metavar="IMAGE", help="the base image, if not the Dockerfile's")
    if service != PROVISION:
        parser.add_argument("--models", choices=get_args(Models), default="hub")
        possible = accelerators(tree, service)
        parser.add_argument("--accelerator", choices=possible, default=deployed_on(tree, service))
        parser.add_argument(
            "--torch", metavar="IMAGE", help="for cpu: its network is written in it"
        )
    parser.add_argument("--ca", metavar="FILE", help="CA certificates to trust")
    parser.add_argument("--network", help="of its steps: host reaches a proxy on this machine")
    if verb == "build":
        parser.add_argument(
            "--no-cache", dest="cache", action="store_false", help="do every step anew"
        )
    given = parser.parse_args(options)
    if (given.accelerator, given.models) == ("cpu", "volume"):
        raise EngineError(
            "an image for CPUs has its models in it: its network is written from them while it is "
            "built. Choose --models hub, or --accelerator gpu"
        )
    return Plan(
        service=service,
        base=given.base or default_base(service, given.accelerator),
        models=given.models,
        ca=trusted_ca(given.ca),
        network=given.network or ("host" if _on_this_machine() else "default"),
        cache=given.cache,
        accelerator=given.accelerator,
        torch=given.torch,
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
    return any(urlsplit(value).hostname in LOOPBACK for value in values)


def default_base(service: str, accelerator: Accelerator = "gpu") -> str:
    """The base image that a service's Dockerfile names."""
    text = (ROOT / image_folder(service) / "Dockerfile").read_text(encoding="utf-8")
    ((_, found),) = re.findall(line_of(accelerator), text)
    return str(found)


def line_of(accelerator: Accelerator) -> str:
    """What matches the line of a Dockerfile that names the base: all before the name, the name."""
    return rf"(?m)^(ARG {BASES[accelerator]}=)(\S+)$"
