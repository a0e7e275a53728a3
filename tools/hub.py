"""A service's files for RunPod's Hub: what it is listed as, and the jobs it is tried with there.

The Hub runs its tests with a harness of its own inside the image: it installs itself, as root and
over the network, and listens on port 80. An image that is hardened as ours runs them in a variant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runpod_emulator.rest.catalog import GPU_TYPES
from shared.spec import ServiceSpec
from tools.endpoints import EndpointSpec
from tools.schema import documents
from tools.workspace import ROOT

CUDA = ("12.8", "12.9", "13.0")  # drivers that run the CUDA of the Dockerfiles' base
TIMEOUT_MS = 120_000  # of a job; the first one waits for the model too


def hub_files(service: str) -> dict[Path, str]:
    """The service's ``.runpod/hub.json`` and ``tests.json``, and what belongs in them."""
    folder = ROOT / "services" / service
    spec, endpoint = ServiceSpec.read(folder / "service.toml"), EndpointSpec.of(service)
    contents = {"hub.json": _listing(spec, endpoint), "tests.json": _tests(folder, endpoint)}
    return {
        folder / ".runpod" / file: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for file, content in contents.items()
    }


def _listing(spec: ServiceSpec, endpoint: EndpointSpec) -> dict[str, Any]:
    return {
        "title": spec.summary.partition(":")[0],
        "description": spec.summary,
        "type": "serverless",
        "category": "audio",
        "config": {
            "runsOn": "CPU" if endpoint.cpu else "GPU",
            "containerDiskInGb": endpoint.disk_gb,
            **_hardware(endpoint, {"gpuIds": ",".join(endpoint.gpu)}),
        },
    }


def _tests(folder: Path, endpoint: EndpointSpec) -> dict[str, Any]:
    job = json.loads((folder / "test_input.json").read_text(encoding="utf-8"))["input"]
    schema = json.loads(documents(folder.name)[folder / "schema" / "input.schema.json"])
    return {
        "tests": [
            {"name": name, "input": found, "timeout": TIMEOUT_MS}
            for name, found in jobs(job, schema)
        ],
        "config": _hardware(endpoint, {"gpuTypeId": _gpu_type(endpoint)}),
    }


def _gpu_type(endpoint: EndpointSpec) -> str | None:
    return next((GPU_TYPES[pool][0] for pool in endpoint.gpu), None)


def _hardware(endpoint: EndpointSpec, gpu: dict[str, Any]) -> dict[str, Any]:
    if endpoint.cpu:
        return {"cpuFlavor": endpoint.cpu[0].flavor}
    return {**gpu, "gpuCount": endpoint.gpus_per_worker, "allowedCudaVersions": list(CUDA)}


def jobs(job: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A job of each kind that the contract knows, and one for each other value of its choices."""
    for kind, fields in _kinds(schema):
        plain = {name: value for name, value in job.items() if name in fields} | kind
        yield _name(kind), plain
        for name, field in fields.items():
            for value in field.get("enum", []):
                if value != field.get("default"):
                    choice = {name: value}
                    yield _name(kind | choice), plain | choice


def _kinds(schema: dict[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """What asks for a kind of job, and its fields; where there is one kind, nothing does."""
    if "discriminator" not in schema:
        yield {}, schema["properties"]
        return
    field = schema["discriminator"]["propertyName"]
    for value, reference in schema["discriminator"]["mapping"].items():
        yield {field: value}, schema["$defs"][reference.rpartition("/")[2]]["properties"]


def _name(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items()) or "as it is"
