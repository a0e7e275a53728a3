"""How endpoints are run: their ``endpoint.toml``, and the RunPod emulator's file made from it."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from runpod_emulator.scaling import Scaling
from shared.spec import ServiceSpec
from tools.workspace import ROOT

COUNTED_IDLE_S = 10.0  # how long a worker is kept where requests are counted: RunPod's own choice
VOLUME_SETTINGS = ("MODELS_LOCK", "MODELS_COPY")


class Cpu(BaseModel):
    """A CPU flavour of RunPod's, such as ``cpu5c``, and how many virtual CPUs of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flavor: str = Field(min_length=1)
    vcpus: Literal[2, 4, 8, 16, 32]


class EndpointSpec(BaseModel):
    """How an endpoint is run: on what, where, how many workers, when they come and go.

    Attributes:
        gpu: GPU pools by preference; an endpoint has these, or ``cpu``.
        gpu_excluded: GPU types of these pools that will not do.
        gpus_per_worker: how many a worker has.
        cuda_min: the lowest CUDA version of a worker's driver, such as ``12.8``; empty: any.
        cpu: CPU flavours, any of which will do.
        data_centers: RunPod's ids of those that will do; none: all.
        volumes: the ids of network volumes; they decide the data centre.
        disk_gb: of a worker, with the image in it.
        workers_min: workers that are always there, and paid for.
        workers_max: the most there are.
        idle_timeout_s: how long a worker without a job is kept; where requests are counted RunPod
            has no such setting.
        queue_delay_s: another worker comes when a job has waited so long.
        requests_per_worker: instead of that, a worker for each so many jobs.
        timeout_s: how long a job may take.
        flashboot: whether RunPod keeps the state of workers that have gone.
        environment: variables of a worker.
        registry_auth: the name of the registry's credentials in RunPod's account; a public image
            needs none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    gpu: tuple[str, ...] = ()
    gpu_excluded: tuple[str, ...] = ()
    gpus_per_worker: int = Field(1, ge=1)
    cuda_min: str = Field("", pattern=r"^(\d+\.\d+)?$")
    cpu: tuple[Cpu, ...] = ()
    data_centers: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    disk_gb: int = Field(20, ge=1)
    workers_min: int = Field(ge=0)
    workers_max: int = Field(ge=1)
    idle_timeout_s: int | None = Field(None, ge=1, le=3600)
    queue_delay_s: float | None = Field(None, ge=0.5)
    requests_per_worker: int | None = Field(None, ge=1)
    timeout_s: int = Field(600, ge=5, le=7 * 86_400)
    flashboot: bool = True
    environment: dict[str, str] = {}
    registry_auth: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse what RunPod would refuse, or would take for something else."""
        for faulty, words in {
            bool(self.gpu) == bool(self.cpu): "give gpu (pools) or cpu (flavours), one of the two",
            bool(self.cpu and (self.gpu_excluded or self.cuda_min)): (
                "gpu_excluded and cuda_min are for GPUs"
            ),
            self.workers_min > self.workers_max: "workers_min is more than workers_max",
            (self.queue_delay_s is None) == (self.requests_per_worker is None): (
                "give queue_delay_s or requests_per_worker, one of the two"
            ),
            (self.queue_delay_s is None) == (self.idle_timeout_s is not None): (
                "idle_timeout_s goes with queue_delay_s, and not with requests_per_worker"
            ),
        }.items():
            if faulty:
                raise ValueError(words)
        return self

    @classmethod
    def of(cls, service: str, root: Path = ROOT) -> Self:
        """What a service's ``endpoint.toml`` says.

        Raises:
            ValueError: a value is not what it should be; the message names the file and the field.
        """
        path = root / "services" / service / "endpoint.toml"
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, fault["loc"]))
            words = fault["msg"].removeprefix("Value error, ")
            raise ValueError(
                f"{path.relative_to(root)}: {where + ': ' if where else ''}{words}"
            ) from None
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"{path.relative_to(root)}: {error}") from None

    def scaling(self) -> Scaling:
        """That in the emulator's words."""
        if self.requests_per_worker:
            return Scaling(
                self.workers_min, self.workers_max, COUNTED_IDLE_S,
                "REQUEST_COUNT", request_count=self.requests_per_worker,
            )  # fmt: skip
        assert self.idle_timeout_s  # noqa: S101 - _possible has seen to it
        assert self.queue_delay_s  # noqa: S101
        return Scaling(
            self.workers_min, self.workers_max, self.idle_timeout_s,
            queue_delay_s=self.queue_delay_s,
        )  # fmt: skip


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
    where = endpoint.gpu[0] if endpoint.gpu else endpoint.cpu[0].flavor
    return {"gpu": where, "scaling": asdict(scaling)}
