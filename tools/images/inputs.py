"""What an image is made from, and what follows from that alone: its name, its labels."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass

import docker

from shared.spec import ServiceSpec
from tools.images.pin import identify
from tools.images.plan import Plan
from tools.images.stage import stage
from tools.workspace.targets import PROVISION

OCI = "org.opencontainers.image"
INPUTS = "speech.inputs"
LICENSE = "Apache-2.0"  # of the code
SPECIAL = {"cpu", "tiny", "volume"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that an image is made from.

    Attributes:
        plan: how it is to be built.
        context: the files, as an archive.
        base: the digest of the image below: its registry's, or the engine's id for one that is in
            no registry.
    """

    plan: Plan
    context: bytes
    base: str

    @property
    def digest(self) -> str:
        """SHA-256, in hex: of the same inputs the same, on every machine."""
        context = hashlib.sha256(self.context).hexdigest()
        described = json.dumps(self._description(), sort_keys=True)
        return hashlib.sha256(f"{context} {described}".encode()).hexdigest()

    @property
    def repository(self) -> str:
        """The image's name without a tag."""
        return f"{os.environ.get('IMAGE_PREFIX') or 'local'}/{self._title}"

    @property
    def is_local(self) -> bool:
        """Whether its name leads to no registry."""
        return self.repository.startswith("local/")

    @property
    def tag(self) -> str:
        """Version, inputs, and what is not as usual: for CPUs, other models than the hub's."""
        if self.plan.service == PROVISION:
            return self.digest[:12]
        special = [each for each in (self.plan.accelerator, self.plan.models) if each in SPECIAL]
        return "-".join([self._spec().version, self.digest[:12], *special])

    @property
    def reference(self) -> str:
        """Name and tag."""
        return f"{self.repository}:{self.tag}"

    @property
    def labels(self) -> dict[str, str]:
        """What the image says of itself: nothing that its inputs do not say."""
        return {**self._description(), INPUTS: self.digest}

    @property
    def _title(self) -> str:
        return PROVISION if self.plan.service == PROVISION else f"{self.plan.service}-service"

    def _description(self) -> dict[str, str]:
        common = {
            f"{OCI}.title": self._title,
            f"{OCI}.licenses": LICENSE,
            f"{OCI}.base.digest": self.base,
        }
        if self.plan.service == PROVISION:
            return common | {f"{OCI}.description": "Fills a network volume with all models"}
        spec = self._spec()
        return common | {
            f"{OCI}.description": spec.summary,
            f"{OCI}.version": spec.version,
            "speech.models": self.plan.models,
            "speech.accelerator": self.plan.accelerator,
            "speech.schema.input": self._schema("input"),
            "speech.schema.output": self._schema("output"),
        }

    def _spec(self) -> ServiceSpec:
        return ServiceSpec.read(self.plan.folder / "service.toml")

    def _schema(self, side: str) -> str:
        path = self.plan.folder / "schema" / f"{side}.schema.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def gather(client: docker.DockerClient, plan: Plan) -> Inputs:
    """Everything an image is to be made from. The base is not pulled for that.

    Raises:
        EngineError: an input is missing, or nobody knows the base.
    """
    context = stage(plan.service, plan.models, plan.accelerator)
    return Inputs(plan, context, identify(client, plan.base))
