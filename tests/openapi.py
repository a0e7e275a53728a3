"""RunPod's own description of its REST API, where there is a copy of it to compare with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

COPY = "reference/runpod-v2-openapi.json"  # below SPEECH_TEST_DATA


def conforms(events: Iterable[dict[str, Any]]) -> None:
    """Fail if a request that was accepted, or an answer, is not as RunPod describes it.

    Args:
        events: of an emulated account.
    """
    description = _description()
    if description is None:  # a test of its own says that it was skipped
        return
    for event in events:
        for part, schema in _schemas(description, event):
            text = event[part].get("body", "")
            if text:
                where = f"{event['method']} {event['path']} {event['status']} {part}"
                faults = _validator(schema).iter_errors(json.loads(text))
                assert [fault.message for fault in faults] == [], where


def _schemas(description: dict[str, Any], event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The parts of an event that are described, and the pointer to the schema of each."""
    path = _described(description, event["path"])
    operation = description["paths"].get(path, {}).get(event["method"].lower())
    if operation is None:
        return
    at = f"#/paths/{path.replace('/', '~1')}/{event['method'].lower()}"
    if "requestBody" in operation and event["status"] < 300:
        yield "request", f"{at}/requestBody/content/application~1json/schema"
    status = str(event["status"])
    described = operation["responses"].get(status, {}).get("content", {})
    if event["status"] >= 400:
        yield "response", "#/components/schemas/ErrorResponse"
    elif "application/json" in described:
        yield "response", f"{at}/responses/{status}/content/application~1json/schema"


def _described(description: dict[str, Any], path: str) -> str:
    parts = path.split("/")
    for candidate in description["paths"]:
        names = candidate.split("/")
        pairs = zip(names, parts, strict=False)
        if len(names) == len(parts) and all(n == p or n.startswith("{") for n, p in pairs):
            return str(candidate)
    return ""


@cache
def _description() -> dict[str, Any] | None:
    root = os.environ.get("SPEECH_TEST_DATA")
    path = Path(root, COPY) if root else None
    if path is None or not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _validator(pointer: str) -> jsonschema.Draft202012Validator:
    whole = Resource.from_contents(_description(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:runpod", whole)
    return jsonschema.Draft202012Validator({"$ref": f"urn:runpod{pointer}"}, registry=registry)
