"""How endpoints are run: their ``endpoint.toml``, and the RunPod emulator's file made from it."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field

from runpod_emulator.scaling import Scaling
from shared.spec import ServiceSpec
from tools.workspace import ROOT

VOLUME_SETTINGS = ("MODELS_LOCK", "MODELS_COPY")


class EndpointSpec(BaseModel):
    """How an endpoint is run: GPU pools by preference, workers, when they come and go.

    Attributes:
        request_count: RunPod's other scaler, in place of ``queue_delay_s``: a worker for so many
            jobs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    gpu: tuple[str, ...] = Field(min_length=1)
    workers_min: int = Field(ge=0)
    workers_max: int = Field(ge=1)
    idle_timeout_s: int = Field(ge=1, le=3600)
    queue_delay_s: float = Field(ge=0.5)
    request_count: int | None = Field(default=None, ge=1)

    @classmethod
    def of(cls, service: str) -> Self:
        """What a service's ``endpoint.toml`` says.

        Raises:
            ValueError: a value is not what it should be.
        """
        path = ROOT / "services" / service / "endpoint.toml"
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

    def scaling(self) -> Scaling:
        """That in the emulator's words."""
        return Scaling(
            workers_min=self.workers_min,
            workers_max=self.workers_max,
            idle_timeout_s=self.idle_timeout_s,
            scaler="REQUEST_COUNT" if self.request_count else "QUEUE_DELAY",
            queue_delay_s=self.queue_delay_s,
            request_count=self.request_count or 1,
        )


def document(workers: Mapping[str, dict[str, Any]]) -> str:
    """The emulator's file for some services, one endpoint each.

    Args:
        workers: what the workers of each service are, in the words of that file.
    """
    endpoints = {name: {**workers[name], **_endpoint(EndpointSpec.of(name))} for name in workers}
    return tomli_w.dumps({"endpoint": endpoints})


def on_this_machine(spec: ServiceSpec, models: Path) -> dict[str, Any]:
    """Workers that are processes of this environment, with the models of that folder."""
    return {
        "command": [sys.executable, "-m", f"services.{spec.name}.handler"],
        "folder": str(ROOT),
        "environment": {"MODELS_DIR": str(models)},
    }


def of_an_image(image: str, volume: Path | None = None) -> dict[str, Any]:
    """Workers that are containers of an image, on which a folder may stand for a network volume.

    What the shell says of the volume's models, MODELS_LOCK and MODELS_COPY, is passed on.
    """
    if volume is None:
        return {"image": image}
    settings = {name: os.environ[name] for name in VOLUME_SETTINGS if name in os.environ}
    mount = f"{volume.absolute()}:/runpod-volume:ro"
    return {"image": image, "volumes": [mount], "environment": settings}


def _endpoint(endpoint: EndpointSpec) -> dict[str, Any]:
    # One worker is there from the start: what is wrong with it is seen at once.
    scaling = replace(endpoint.scaling(), workers_min=max(1, endpoint.workers_min))
    return {"gpu": endpoint.gpu[0], "scaling": asdict(scaling)}
