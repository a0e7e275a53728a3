"""Real jobs for a deployed endpoint: ``nox -s smoke-vad -- [--image IMAGE | --built]``.

They are ``test_input.json``, and ``smoke.toml`` says what is different in each and what has to come
out. With an image an endpoint of it is emulated on this machine, and asked the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from typing import Any, Self

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runpod_emulator.containers import Containers
from runpod_emulator.testing import Emulated
from runpod_emulator.workers import CannotStart
from tools.deploy.api import Document, RunPod
from tools.deploy.errors import DeployError, NotReady
from tools.deploy.jobs import Jobs, Patience
from tools.images.check import of_this_tree
from tools.images.engine import EngineError
from tools.workspace import ROOT


class Trial(BaseModel):
    """A job and what has to come of it.

    Attributes:
        name: what it shows.
        input: over the input of ``test_input.json``.
        at_least: fields of the output that are numbers of at least so much, lists of at least so
            many, or texts of at least so many characters.
        error: what its error begins with, if it has to fail.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    input: dict[str, Any] = {}
    at_least: dict[str, float] = {}
    error: str | None = None

    def verdict(self, job: Document, contract: Document) -> str | None:
        """What is wrong with how a job ended; None if nothing is.

        Args:
            job: as ``/status`` shows it.
            contract: the JSON Schema of the service's output.
        """
        if self.error is not None:
            told = str(job.get("error", f"no error, but {job['status']}"))
            return None if told.startswith(self.error) else f"not {self.error}: {told[:200]}"
        if job["status"] != "COMPLETED":
            return f"{job['status']}: {str(job.get('error', ''))[:200]}"
        output: Any = job.get("output")
        if isinstance(output, list) and output:
            output = output[-1]  # of what a generator gave, the last is the full result
        for fault in jsonschema.Draft202012Validator(contract).iter_errors(output):
            where = ".".join(map(str, fault.absolute_path)) or "the output"
            return f"{where} is not as the contract says ({fault.validator})"
        for field, least in self.at_least.items():
            value = output.get(field)
            size = len(value) if isinstance(value, (list, str)) else value
            if not isinstance(size, (int, float)) or size < least:
                return f"{field} is {size}, less than {least:g}"
        return None


class Trials(BaseModel):
    """A service's ``smoke.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: tuple[Trial, ...] = Field((Trial(name="test_input.json is answered"),), min_length=1)

    @classmethod
    def of(cls, service: str) -> Self:
        """What a service's file says; that its example is answered, if it has none.

        Raises:
            DeployError: it is not such a file.
        """
        path = ROOT / "services" / service / "smoke.toml"
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            return cls.model_validate(tomllib.loads(text))
        except (ValidationError, tomllib.TOMLDecodeError) as error:
            raise DeployError(f"{path.relative_to(ROOT)}: {error}") from None


def example(service: str) -> Document:
    """The job of its ``test_input.json``."""
    path = ROOT / "services" / service / "test_input.json"
    found: Document = json.loads(path.read_text(encoding="utf-8"))
    return found


def smoke(service: str, jobs: Jobs) -> float | None:
    """Send an endpoint its jobs, and print a line for each.

    Returns:
        Seconds that the first one waited for a worker, if RunPod says so.

    Raises:
        NotReady: one did not come out as it should; the message says which.
    """
    if jobs.endpoint.get("workers", {}).get("max") == 0:
        raise NotReady(
            f"RunPod lets {service} have no workers, as after seven days without a job: `apply` "
            "gives them back"
        )
    path = ROOT / "services" / service / "schema" / "output.schema.json"
    contract = json.loads(path.read_text(encoding="utf-8"))
    job, waited = example(service), None
    for trial in Trials.of(service).job:
        done = jobs.run({"input": job["input"] | trial.input})
        waited = done.get("delayTime") if waited is None else waited
        if wrong := trial.verdict(done, contract):
            raise NotReady(f"smoke: {trial.name}: {wrong}")
        took = f"{done.get('delayTime', 0)} ms waiting, {done.get('executionTime', 0)} ms working"
        print(f"ok  {trial.name} ({took})", flush=True)
    return None if waited is None else waited / 1000


def main() -> int:
    """Try the deployed endpoint, or an image; 0 if all jobs come out as they should."""
    parser = argparse.ArgumentParser(prog="nox -s smoke-<service> --", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--image", help="try this image, on this machine")
    parser.add_argument(
        "--built", action="store_true",
        help="try the one that was built from this working tree; further options are the build's",
    )  # fmt: skip
    parser.add_argument("--timeout", type=float, default=Patience().job_s, metavar="SECONDS")
    given, options = parser.parse_known_args()
    if options and not given.built:
        parser.error(f"unknown: {' '.join(options)}")
    patience = Patience(job_s=given.timeout)
    try:
        image = of_this_tree(given.service, options) if given.built else given.image
        if image:
            _emulated(given.service, image, patience)
        else:
            with RunPod.of_environment() as api:
                _deployed(given.service, api, patience)
    except (DeployError, EngineError, CannotStart) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _deployed(service: str, api: RunPod, patience: Patience) -> None:
    if (endpoint := api.find(service)) is None:
        raise DeployError(f"{service} is not deployed: `nox -s deploy-{service} -- apply`")
    smoke(service, Jobs(api, endpoint, patience))


def _emulated(service: str, image: str, patience: Patience) -> None:
    with Emulated(Containers(image, environment={"RUNPOD_LOG_LEVEL": "INFO"})) as emulated:
        urls = {name: f"{emulated.url}/{name}/{{job_id}}" for name in ("status", "cancel")}
        endpoint = {"id": service, "requestUrls": {**urls, "run": f"{emulated.url}/run"}}
        with RunPod("any", emulated.base_url) as api:
            smoke(service, Jobs(api, endpoint, patience))


if __name__ == "__main__":
    sys.exit(main())
