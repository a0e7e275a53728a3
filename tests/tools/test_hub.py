"""The files for RunPod's Hub say what the service, its endpoint and its contract say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tools.endpoints import EndpointSpec
from tools.hub import hub_files, jobs
from tools.workspace import ROOT, service_names


def files(service: str) -> dict[str, Any]:
    return {path.name: json.loads(text) for path, text in hub_files(service).items()}


@pytest.mark.parametrize("service", service_names())
def test_the_gpus_are_those_of_the_endpoint(service: str) -> None:
    config = files(service)["hub.json"]["config"]
    assert config["gpuIds"].split(",") == list(EndpointSpec.of(service).gpu)


def test_an_endpoint_without_gpus_is_listed_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = EndpointSpec.of("vad").model_dump() | {
        "gpu": (),
        "cpu": [{"flavor": "cpu5c", "vcpus": 4}],
    }
    spec = EndpointSpec.model_validate(fields)
    monkeypatch.setattr("tools.hub.EndpointSpec.of", lambda _: spec)
    listed = files("vad")["hub.json"]["config"]
    assert (listed["runsOn"], listed["cpuFlavor"]) == ("CPU", "cpu5c")
    assert "gpuIds" not in listed
    assert files("vad")["tests.json"]["config"] == {"cpuFlavor": "cpu5c"}


@pytest.mark.parametrize("service", service_names())
def test_every_job_is_one_that_the_contract_takes(service: str) -> None:
    schema = json.loads((ROOT / f"services/{service}/schema/input.schema.json").read_text())
    tests = files(service)["tests.json"]["tests"]
    assert len({test["name"] for test in tests}) == len(tests)
    for test in tests:
        Draft202012Validator(schema).validate(test["input"])
        assert test["timeout"] > 0


@pytest.mark.parametrize("service", service_names())
def test_every_format_is_tried(service: str) -> None:
    schema = (ROOT / f"services/{service}/schema/input.schema.json").read_text()
    names = " ".join(test["name"] for test in files(service)["tests.json"]["tests"])
    for value in ("srt", "rttm"):
        assert (f'"{value}"' in schema) == (value in names)


def test_of_a_contract_with_several_kinds_of_job_each_is_tried() -> None:
    schema = {
        "discriminator": {"propertyName": "task", "mapping": {"a": "#/$defs/A", "b": "#/$defs/B"}},
        "$defs": {
            "A": {"properties": {"audio": {}, "task": {"const": "a"}}},
            "B": {"properties": {"audio": {}, "form": {"enum": ["x", "y"], "default": "x"}}},
        },
    }
    assert dict(jobs({"audio": "...", "task": "a", "other": 1}, schema)) == {
        "task a": {"audio": "...", "task": "a"},
        "task b": {"audio": "...", "task": "b"},
        "task b, form y": {"audio": "...", "task": "b", "form": "y"},
    }
