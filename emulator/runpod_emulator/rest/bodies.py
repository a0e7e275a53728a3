"""What may be sent: the bodies of requests, field by field, and what is wrong with one."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from runpod_emulator.rest.problems import Problem

Cuda = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]
Excluded = Annotated[str, StringConstraints(pattern=r"^\s*[^-\s]")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Gpu(_Body):
    """Which GPUs; of a new endpoint."""

    pools: list[str] = Field(min_length=1)
    excluded_types: list[Excluded] = []
    count: int = Field(1, ge=1)
    allowed_cuda_versions: list[Cuda] = []
    min_cuda_version: Cuda = ""


class GpuChange(Gpu):
    """Which GPUs, where an endpoint is changed: what is left out stays, but for one trap."""

    pools: list[str] = Field(default=[], min_length=1)
    min_cuda_version: Annotated[str, StringConstraints(pattern=r"^$|^\d+\.\d+$")] = ""

    @model_validator(mode="after")
    def _one_selection(self) -> GpuChange:
        if "excluded_types" in self.model_fields_set and "pools" not in self.model_fields_set:
            raise ValueError("properties 'pools' required, if 'excludedTypes' exists")
        return self


class Cpu(_Body):
    """A CPU flavour that would do."""

    id: str = Field(min_length=1)
    vcpu_count: int = Field(ge=2)


class WorkerCounts(_Body):
    """How many workers there are, and how long one without a job is kept, in seconds."""

    min: int = Field(0, ge=0)
    max: int = Field(3, ge=0)
    idle_timeout: int = Field(10, ge=1, le=3600)


class QueueDelay(_Body):
    """Another worker comes when a job has waited so many seconds."""

    type: Literal["QUEUE_DELAY"]
    queue_delay: float = Field(ge=0.5)


class RequestCount(_Body):
    """A worker for each so many jobs."""

    type: Literal["REQUEST_COUNT"]
    request_count: int = Field(ge=1)


class EndpointChange(_Body):
    """The body of a PATCH. Defaults are never read: what is not sent is not changed."""

    name: str = Field("", min_length=1)
    image: str = ""
    args: str = ""
    disk: int = Field(50, ge=1)
    env: dict[str, str] = {}
    ports: list[str] = []
    registry: str | None = None
    template_id: str = ""
    gpu: GpuChange = Field(default_factory=GpuChange)
    cpu: list[Cpu] = Field(default=[], min_length=1)
    workers: WorkerCounts = Field(default_factory=WorkerCounts)
    scaling: Annotated[QueueDelay | RequestCount, Field(discriminator="type")] = Field(
        default_factory=lambda: QueueDelay(type="QUEUE_DELAY", queueDelay=4)
    )
    timeout: int = 0
    flashboot: Literal["OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT"] = "OFF"
    network_volumes: list[str] = []
    data_center_ids: list[str] = []


class NewEndpoint(EndpointChange):
    """The body of a POST."""

    name: str = Field(min_length=1)
    type: Literal["QUEUE", "LOAD_BALANCER"]
    scaling: Annotated[QueueDelay | RequestCount, Field(discriminator="type")]
    gpu: Gpu = Field(default_factory=lambda: Gpu(pools=["-"]))  # type: ignore[assignment]

    @model_validator(mode="after")
    def _complete(self) -> NewEndpoint:
        if not self.model_fields_set & {"image", "template_id"}:
            raise ValueError("missing property 'image'")
        if self.type == "LOAD_BALANCER" and self.scaling.type != "REQUEST_COUNT":
            raise ValueError("scaling: a load balancer scales by REQUEST_COUNT")
        return self


class NewRegistry(_Body):
    """Credentials for a registry, which are never told again."""

    name: str = Field(min_length=1)
    username: str = Field(min_length=1)
    password: str = Field(min_length=1)


B = TypeVar("B", bound=_Body)


def checked(kind: type[B], content: object) -> B:
    """A body, if it is one.

    Raises:
        Problem: 422, with every field that is wrong.
    """
    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise invalid(*map(_words, faults)) from None


def invalid(*errors: str) -> Problem:
    """What is answered when fields are wrong."""
    return Problem(422, "Request validation failed.", errors)


def sent(body: _Body) -> dict[str, Any]:
    """What was sent, as JSON has it."""
    found: dict[str, Any] = body.model_dump(by_alias=True, exclude_unset=True)
    return found


def _words(fault: Any) -> str:  # noqa: ANN401 - pydantic's description of one
    # The variants of a union are part of pydantic's way to a field, not of the caller's.
    way = [part for part in fault["loc"] if part not in ("QUEUE_DELAY", "REQUEST_COUNT")]
    if fault["type"] == "extra_forbidden":
        where = ".".join(["$", *map(str, way[:-1])])
        return f"{where}: additional properties '{way[-1]}' not allowed"
    if fault["type"] == "missing":
        return f"{'.'.join(['$', *map(str, way[:-1])])}: missing property '{way[-1]}'"
    return f"{'.'.join(['$', *map(str, way)])}: {fault['msg'].removeprefix('Value error, ')}"
