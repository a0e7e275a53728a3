"""Refuses a contract that breaks callers: ``nox -s compatible-vad -- [--with IMAGE]``.

Compared are the committed JSON Schemas and those of the image that the endpoint runs. Where they
are not compatible the version in ``service.toml`` has to say so: its first number that is not 0 is
raised.
"""

from __future__ import annotations

import argparse
import json
import sys

from shared.spec import ServiceSpec
from tools.deploy.api import RunPod
from tools.deploy.contract.compare import Finding, incompatible
from tools.deploy.deployed import Image, by_digest, read
from tools.deploy.errors import DeployError
from tools.workspace import ROOT


def main() -> int:
    """Compare; 0 if what callers do today goes on working, or the version says it does not."""
    parser = argparse.ArgumentParser(prog="nox -s compatible-<service> --", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--with", dest="other", metavar="IMAGE", help="default: what is deployed")
    given = parser.parse_args()
    try:
        image = by_digest(given.other) if given.other else _deployed(given.service)
        print(gate(given.service, read(image)) if image else "nothing is deployed yet")
    except DeployError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _deployed(service: str) -> str | None:
    with RunPod.of_environment() as api:
        endpoint = api.find(service)
    return str(endpoint["image"]) if endpoint else None


def gate(service: str, deployed: Image) -> str:
    """Compare what is committed with what is deployed; returns what came of it.

    Raises:
        DeployError: they are not compatible, and the version does not say so.
    """
    if deployed.schemas is None or deployed.version is None:
        return "what is deployed does not say what its contract is: nothing to compare with"
    findings = [
        finding
        for side, old in deployed.schemas.items()
        for finding in incompatible(side, old, committed(service, side))
    ]
    version = version_of(service)
    if findings and not _is_raised(deployed.version, version):
        raise DeployError(_refusal(service, findings, deployed.version, version))
    words = "compatible" if not findings else "not compatible, as the version says,"
    return f"the contract of {version} is {words} with the deployed one of {deployed.version}"


def version_of(service: str) -> str:
    """The version that its ``service.toml`` says."""
    return ServiceSpec.read(ROOT / "services" / service / "service.toml").version


def committed(service: str, side: str) -> dict[str, object]:
    """The schema of its ``input`` or ``output``."""
    path = ROOT / "services" / service / "schema" / f"{side}.schema.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _refusal(service: str, findings: list[Finding], old: str, new: str) -> str:
    return "\n".join([
        f"the contract of {service} is not compatible with the deployed one:",
        *(f"  {finding}" for finding in findings),
        "Callers would meet it, and during the rollout workers of both versions. Undo it, or raise "
        f"the version in services/{service}/service.toml: deployed is {old}, this is {new}, and "
        f"{_next(old)} would say that it breaks something",
    ])  # fmt: skip


def _is_raised(old: str, new: str) -> bool:
    """Whether the part of a version that stands for breaking changes is larger."""
    before, after = _numbers(old), _numbers(new)
    place = next((place for place, number in enumerate(before) if number), len(before) - 1)
    return after[: place + 1] > before[: place + 1]


def _next(version: str) -> str:
    numbers = _numbers(version)
    place = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    raised = [*numbers[:place], numbers[place] + 1, *(0 for _ in numbers[place + 1 :])]
    return ".".join(map(str, raised))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split("-", maxsplit=1)[0].split(".")]


if __name__ == "__main__":
    sys.exit(main())
