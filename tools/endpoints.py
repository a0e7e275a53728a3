"""Describes services to the RunPod emulator, in its file's format."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from shared.spec import ServiceSpec
from tools.workspace import ROOT


def document(specs: Mapping[str, ServiceSpec], workers: Mapping[str, dict[str, Any]]) -> str:
    """The emulator's file for some services, one endpoint each.

    Args:
        specs: the services, by name.
        workers: what the workers of each are, in the words of that file.
    """
    endpoints = {name: {**workers[name], **_endpoint(spec)} for name, spec in specs.items()}
    return tomli_w.dumps({"endpoint": endpoints})


def on_this_machine(spec: ServiceSpec, models: Path) -> dict[str, Any]:
    """Workers that are processes of this environment, with the models of that folder."""
    return {
        "command": [sys.executable, "-m", f"services.{spec.name}.handler"],
        "folder": str(ROOT),
        "environment": {"MODELS_DIR": str(models)},
    }


def _endpoint(spec: ServiceSpec) -> dict[str, Any]:
    endpoint = spec.endpoint
    return {
        "gpu": endpoint.gpu[0],
        "scaling": {
            # One worker is there from the start: what is wrong with it is seen at once.
            "workers_min": max(1, endpoint.workers_min),
            "workers_max": endpoint.workers_max,
            "idle_timeout_s": endpoint.idle_timeout_s,
            "queue_delay_s": endpoint.queue_delay_s,
        },
    }
