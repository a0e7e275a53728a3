"""Runs containers the way a careful platform would: no rights, nothing writable but /tmp."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import docker
from docker.models.containers import Container
from docker.models.images import Image

from tools.workspace import ROOT

HARDENED: dict[str, Any] = {
    "network_mode": "none",
    "read_only": True,
    "tmpfs": {"/tmp": ""},  # noqa: S108 - in the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "user": "54321:54321",  # known to no passwd file
    "mem_limit": "1g",
    "pids_limit": 128,
}
JOB: dict[str, Any] = json.loads((ROOT / "services/vad/test_input.json").read_text())
TIMEOUT_S = 120


@dataclass(frozen=True)
class Ended:
    """A container that has ended: its exit code and all it wrote."""

    code: int
    log: str

    @property
    def output(self) -> dict[str, Any]:
        """The job's result, as RunPod's SDK prints it in its local mode."""
        (line,) = [line for line in self.log.splitlines() if "Job result: " in line]
        found: dict[str, Any] = ast.literal_eval(line.partition("Job result: ")[2])["output"]
        return found


@contextmanager
def started(engine: docker.DockerClient, image: Image, **options: Any) -> Iterator[Container]:
    """A hardened container while the context lasts; its log is printed at the end."""
    container = engine.containers.create(image, **{**HARDENED, **options})
    try:
        container.start()
        yield container
    finally:
        print(container.logs().decode())
        container.remove(force=True)


def run(engine: docker.DockerClient, image: Image, **options: Any) -> Ended:
    """Run a hardened container to its end."""
    with started(engine, image, **options) as container:
        code = container.wait(timeout=TIMEOUT_S)["StatusCode"]
        return Ended(code, container.logs().decode())


def spans(output: dict[str, Any] | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a service found in the recording: segments of speech, or turns."""
    output = output[-1] if isinstance(output, list) else output  # a list where parts come first
    found: list[dict[str, Any]] = output["turns"] if "turns" in output else output["segments"]
    return found


def answer(engine: docker.DockerClient, image: Image, **options: Any) -> Ended:
    """Have a hardened container answer the service's test job, in the SDK's local mode."""
    handler = list(image.attrs["Config"]["Cmd"])
    return run(
        engine, image, command=[*handler, "--test_input", json.dumps(job_for(image))], **options
    )


def job_for(image: Image) -> dict[str, Any]:
    """The service's test job."""
    service = image.attrs["Config"]["Cmd"][-1].split(".")[1]
    job: dict[str, Any] = json.loads((ROOT / "services" / service / "test_input.json").read_text())
    return job
