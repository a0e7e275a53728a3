"""What an endpoint is to be, in the API's words; and how that differs from what it is.

Everything is stated, defaults too: RunPod's own are not those it describes (no ``flashboot`` is
off, no ``timeout`` is 0), and a PATCH of ``gpu.pools`` alone clears the excluded types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.deploy.api import Document
from tools.deploy.errors import DeployError
from tools.endpoints import EndpointSpec

ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as it is to be: its name, what it is, what it is to be."""

    field: str
    now: str
    then: str


def desired(name: str, image: str, spec: EndpointSpec, registry: str | None) -> Document:
    """The body that makes the endpoint.

    Args:
        name: of the endpoint.
        image: by its digest.
        spec: its ``endpoint.toml``.
        registry: the id of the credentials for the image's registry, if it needs any.
    """
    workers: Document = {"min": spec.workers_min, "max": spec.workers_max}
    if spec.idle_timeout_s is not None:
        workers["idleTimeout"] = spec.idle_timeout_s
    scaling: Document = {"type": "REQUEST_COUNT", "requestCount": spec.requests_per_worker}
    if spec.queue_delay_s is not None:
        scaling = {"type": "QUEUE_DELAY", "queueDelay": spec.queue_delay_s}
    return {
        "name": name,
        "type": "QUEUE",
        "image": image,
        "args": "",
        "disk": spec.disk_gb,
        "env": dict(spec.environment),
        "registry": registry,
        **_compute(spec),
        "workers": workers,
        "scaling": scaling,
        "timeout": spec.timeout_s * 1000,
        "flashboot": "FLASHBOOT" if spec.flashboot else "OFF",
        "networkVolumes": list(spec.volumes),
        "dataCenterIds": list(spec.data_centers),
    }


def change(now: Document, then: Document) -> Document:
    """The body of the PATCH that makes one the other; empty if nothing differs.

    Raises:
        DeployError: RunPod does not change that.
    """
    for one, other in (("gpu", "cpu"), ("cpu", "gpu")):
        if now.get(one) and then.get(other):
            raise DeployError(
                f"{then['name']} has {one.upper()} workers, and RunPod does not change that to "
                f"{other.upper()}: destroy the endpoint, then apply"
            )
    if (kind := now.get("type", then["type"])) != then["type"]:
        raise DeployError(f"{then['name']} is a {kind} endpoint, and RunPod does not change that")
    comparable = _comparable(now)
    # A suffix of the console's is no other name.
    same = {"name", "type"}
    return {
        field: {**value, "minCudaVersion": value.get("minCudaVersion", "")}
        if field == "gpu"
        else value
        for field, value in then.items()
        if field not in same and _comparable(then)[field] != comparable.get(field)
    }


def undo(before: Document, body: Document) -> Document:
    """The body of the PATCH that takes another back: those fields as they were."""
    old = {field: before.get(field) for field in body}
    if gpu := old.get("gpu"):
        old["gpu"] = {**gpu, "minCudaVersion": gpu.get("minCudaVersion") or ""}
    if cpu := old.get("cpu"):
        old["cpu"] = [{"id": each["id"], "vcpuCount": each["vcpuCount"]} for each in cpu]
    return {field: old[field] for field in old if old[field] is not None or field == "registry"}


def differences(now: Document | None, then: Document) -> list[Difference]:
    """Field by field, what a change would do; every field of an endpoint that is not there yet."""
    new = dict(_flat(_comparable(then)))
    old = dict(_flat(_comparable(now))) if now else {}
    # Not what an endpoint has besides: its id and the like.
    old = {field: words for field, words in old.items() if field.partition(".")[0] in then}
    return [
        Difference(field, _shown(field, old.get(field, ABSENT)), new.get(field, ABSENT))
        for field in dict.fromkeys([*new, *old])
        if old.get(field, ABSENT) != new.get(field, ABSENT) and field != "name"
    ]


def _shown(field: str, words: str) -> str:
    """What is said of a value that is there: variables may be somebody's secrets."""
    return "(set)" if field.startswith("env.") and words != ABSENT else words


def _compute(spec: EndpointSpec) -> Document:
    if spec.cpu:
        return {"cpu": [{"id": cpu.flavor, "vcpuCount": cpu.vcpus} for cpu in spec.cpu]}
    gpu: Document = {
        "pools": list(spec.gpu),
        "excludedTypes": list(spec.gpu_excluded),
        "count": spec.gpus_per_worker,
        "allowedCudaVersions": [],
    }
    return {"gpu": gpu | ({"minCudaVersion": spec.cuda_min} if spec.cuda_min else {})}


def _comparable(document: Document) -> Document:
    """An endpoint without what only an answer has, and with what only a request leaves out."""
    found = {**document, "args": document.get("args") or "", "env": document.get("env") or {}}
    for field in ("dataCenterIds", "networkVolumes"):  # sets, in any order
        found[field] = sorted(document.get(field) or [])
    if gpu := document.get("gpu"):
        given = {name: value for name, value in gpu.items() if value is not None and value != ""}
        found["gpu"] = {"excludedTypes": [], "count": 1, "allowedCudaVersions": []} | given
        found["gpu"]["excludedTypes"] = sorted(found["gpu"]["excludedTypes"])
    if cpu := document.get("cpu"):
        found["cpu"] = [f"{each['id']} x{each['vcpuCount']}" for each in cpu]
    return found


def _flat(document: Document, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _words(value)


def _words(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value is None or value in ([], ""):
        return ABSENT
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
