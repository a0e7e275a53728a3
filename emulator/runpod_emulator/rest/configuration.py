"""What an endpoint is told to be: made by a POST, changed by a PATCH. No clock, no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runpod_emulator.rest.bodies import EndpointChange, NewEndpoint, invalid, sent
from runpod_emulator.rest.catalog import DATA_CENTERS, GB_PER_VCPU, GPU_TYPES
from runpod_emulator.rest.problems import Problem

Configuration = dict[str, Any]  # an endpoint's fields, in the API's own words

CONTAINER = {
    "image": "imageName", "args": "dockerArgs", "disk": "containerDiskInGb", "env": "env",
    "ports": "ports", "registry": "containerRegistryAuthId",
}  # fmt: skip
# What makes a release, which workers have to be replaced for; the rest is the autoscaler's.
RELEASED = (*CONTAINER, "gpu", "cpu", "networkVolumes", "dataCenterIds", "flashboot")

# The description says 300000 for `timeout`; an endpoint made without one has been seen with 0.
DEFAULTS: Configuration = {
    "image": "", "args": "", "disk": 50, "env": {}, "ports": [], "registry": None, "gpu": None,
    "timeout": 0, "flashboot": "OFF", "networkVolumes": [], "dataCenterIds": [],
}  # fmt: skip
WORKERS = {"min": 0, "max": 3, "idleTimeout": 10}
GPU = {"excludedTypes": [], "count": 1, "allowedCudaVersions": [], "minCudaVersion": None}


def made(body: NewEndpoint) -> Configuration:
    """The configuration of a new endpoint.

    Raises:
        Problem: its parts contradict each other.
    """
    given = sent(body)
    if ("gpu" in given) == ("cpu" in given):
        raise Problem(400, "specify exactly one of gpu or cpu")
    if "gpu" in given:
        given["gpu"] = GPU | given["gpu"]
    given["workers"] = WORKERS | (asked := given.get("workers", {}))
    return _checked(DEFAULTS | given, sent(body), idle_timeout="idleTimeout" in asked)


def changed(now: Configuration, body: EndpointChange) -> Configuration:
    """The configuration after a change; only what is sent is changed.

    Raises:
        Problem: its parts contradict each other, or what the endpoint is.
    """
    given = sent(body)
    for one, other in (("gpu", "cpu"), ("cpu", "gpu")):
        if one in given and now.get(other):
            raise Problem(400, f"the compute family of an endpoint is immutable: it has {other}")
    if gpu := given.get("gpu"):
        # Pools and exclusions are one selection: new pools without exclusions have none.
        kept = now["gpu"] | ({"excludedTypes": []} if "pools" in gpu else {})
        given["gpu"] = kept | gpu
    asked = given.get("workers", {})
    given["workers"] = WORKERS | now["workers"] | asked
    return _checked(now | given, sent(body), idle_timeout="idleTimeout" in asked)


def difference(old: Configuration, new: Configuration) -> list[dict[str, Any]]:
    """What a release changes, as the API tells it; empty if there is nothing to release."""
    return [
        {
            "field": f"template.{CONTAINER[name]}" if name in CONTAINER else name,
            "old": old.get(name),
            "new": new.get(name),
        }
        for name in RELEASED
        if old.get(name) != new.get(name)
    ]


def _checked(config: Configuration, given: Configuration, *, idle_timeout: bool) -> Configuration:
    for detail in _contradictions(config, given):
        raise Problem(400, detail)
    if "templateId" in given:
        raise Problem(404, "template not found")
    if config["type"] == "QUEUE" and config["scaling"]["type"] == "REQUEST_COUNT":
        if idle_timeout:
            raise invalid("$.workers: idleTimeout is not applicable with REQUEST_COUNT")
        config["workers"].pop("idleTimeout")
    if config["gpu"]:
        config["gpu"]["minCudaVersion"] = config["gpu"]["minCudaVersion"] or None
    else:
        for cpu in config["cpu"]:
            cpu["memory"] = cpu["vcpuCount"] * GB_PER_VCPU[cpu["id"]]
    return config


def _contradictions(config: Configuration, given: Configuration) -> Iterator[str]:
    workers, gpu = config["workers"], config["gpu"]
    if workers["min"] > workers["max"]:
        yield "workers.min must not exceed workers.max"
    if gpu:
        types = {name for pool in gpu["pools"] for name in GPU_TYPES.get(pool, ())}
        yield from (f"unknown GPU pool {pool}" for pool in gpu["pools"] if pool not in GPU_TYPES)
        excluded = {name.strip() for name in gpu["excludedTypes"]}
        yield from (f"{name} is no GPU type of these pools" for name in excluded - types)
        if types and types <= excluded:
            yield "the selection leaves no GPU type"
        asked = given.get("gpu", {})
        if asked.get("allowedCudaVersions") and asked.get("minCudaVersion"):
            yield "allowedCudaVersions and minCudaVersion are mutually exclusive"
    for cpu in config.get("cpu", ()):
        if cpu["id"] not in GB_PER_VCPU:
            yield f"unknown CPU flavor {cpu['id']}"
        if cpu["vcpuCount"] & (cpu["vcpuCount"] - 1):
            yield "vcpuCount must be a power of two"
    places = config["dataCenterIds"]
    yield from (f"unknown data center {name}" for name in places if name not in DATA_CENTERS)
