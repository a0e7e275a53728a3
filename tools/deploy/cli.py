"""The command: ``nox -s deploy-<service> -- plan|apply|status|logs|rollback|destroy``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from rich.console import Console

from tools.deploy import show
from tools.deploy.api import Document, RunPod
from tools.deploy.apply import Deployment, previous_image
from tools.deploy.contract.compatible import gate
from tools.deploy.deployed import by_digest, read
from tools.deploy.desired import desired, differences
from tools.deploy.errors import DeployError
from tools.deploy.jobs import Patience
from tools.deploy.pending import is_later
from tools.endpoints import EndpointSpec
from tools.images.engine import EngineError, connect
from tools.images.inputs import gather
from tools.images.plan import plan as image_plan
from tools.images.registry.login import TOKEN, USER
from tools.workspace import ROOT, service_names

PREVIOUS = "previous"


def main(arguments: list[str] | None = None, api: RunPod | None = None) -> int:
    """Do what is asked of an endpoint; 0 if it is as it should be then."""
    given = _arguments(sys.argv[1:] if arguments is None else arguments)
    console = Console(highlight=False, soft_wrap=True)
    try:
        if given.service not in service_names():
            raise DeployError(f"there is no service {given.service}: {', '.join(service_names())}")
        if api is not None:
            return COMMANDS[given.command](api, given, console)
        with RunPod.of_environment() as account:
            return COMMANDS[given.command](account, given, console)
    except (DeployError, EngineError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def plan(api: RunPod, given: argparse.Namespace, console: Console) -> int:
    """Print what an apply would change."""
    now = api.find(given.service)
    then = _desired(api, given, add_registry=False)
    console.print(show.plan(given.service, now, differences(now, then)))
    return 0


def apply(api: RunPod, given: argparse.Namespace, console: Console) -> int:
    """Make the endpoint what the repository says."""
    now = api.find(given.service)
    then = _desired(api, given, add_registry=True)
    console.print(show.plan(given.service, now, differences(now, then)))
    if now and now["image"] != then["image"]:
        deployed = read(now["image"])
        if deployed.commit and is_later(deployed.commit, ROOT):
            console.print(
                f"nothing is changed: what is deployed is of a later commit, {deployed.commit}. "
                "To go back, `rollback --to IMAGE`"
            )
            return 0
        console.print(gate(given.service, deployed))
    deployment = Deployment(api, given.service, _patience(given))
    applied = deployment.apply(then, tried=given.smoke, candidate=not given.direct)
    console.print(show.applied(applied))
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        spec, image = EndpointSpec.of(given.service), read(applied.endpoint["image"])
        show.append(path, show.summary(given.service, spec, applied, image))
    return 0


def status(api: RunPod, given: argparse.Namespace, console: Console) -> int:
    """Say what is deployed and how it is."""
    endpoint = _found(api, given.service)
    workers, releases = api.workers(endpoint["id"]), api.releases(endpoint["id"])
    console.print(show.status(endpoint, read(endpoint["image"]), workers, releases))
    return 0


def logs(api: RunPod, given: argparse.Namespace, console: Console) -> int:
    """Print what the workers that are there have written."""
    endpoint = _found(api, given.service)
    workers = api.workers(endpoint["id"])
    quiet_s = 3600.0 if given.follow else 2.0
    for worker in workers:
        lines = api.log(endpoint["id"], worker["id"], tail=given.tail, quiet_s=quiet_s)
        for line in lines:
            console.print(f"{worker['id']}  {line}", markup=False)
    if not workers:
        console.print("no worker is there: the next job starts one")
    return 0


def rollback(api: RunPod, given: argparse.Namespace, console: Console) -> int:
    """Have the endpoint run the image it ran before, or another one."""
    endpoint = _found(api, given.service)
    image = previous_image(api, endpoint) if given.to == PREVIOUS else by_digest(given.to)
    if image == endpoint["image"]:
        console.print(f"{given.service} runs that already: {image}")
        return 0
    console.print(f"{given.service}: from {endpoint['image']}\nback to {image}")
    changed = api.update(endpoint["id"], {"image": image})
    took_s = Deployment(api, given.service, _patience(given)).wait(changed)
    console.print(f"ready after {took_s:.0f} s")
    return 0


def destroy(api: RunPod, given: argparse.Namespace, console: Console) -> int:
    """Delete the endpoint, after a question."""
    endpoint = _found(api, given.service)
    if not given.yes:
        if not sys.stdin.isatty():
            raise DeployError("destroy asks first, and nobody is there to answer: give --yes")
        console.print(
            f"{given.service} ({endpoint['id']}), its queue and its workers will be gone."
        )
        if console.input("Its name, to go on: ").strip() != given.service:
            raise DeployError("nothing was destroyed")
    api.delete(endpoint["id"])
    console.print(f"{given.service} is gone; its images are still in the registry")
    return 0


COMMANDS: dict[str, Callable[[RunPod, argparse.Namespace, Console], int]] = {
    "plan": plan, "apply": apply, "status": status, "logs": logs, "rollback": rollback,
    "destroy": destroy,
}  # fmt: skip


def _desired(api: RunPod, given: argparse.Namespace, *, add_registry: bool) -> Document:
    spec = EndpointSpec.of(given.service)
    image = by_digest(given.image) if given.image else _image_of(given.service)
    registry = _registry(api, spec.registry_auth, add=add_registry)
    return desired(given.service, image, spec, registry)


def _image_of(service: str) -> str:
    """The image that the registry has of this working tree.

    Raises:
        DeployError: it has none.
    """
    inputs = gather(connect(), image_plan(service, [], verb="push"))
    if inputs.is_local:
        raise DeployError("set IMAGE_PREFIX to where images are pushed, or name one with --image")
    return by_digest(inputs.reference)


def _registry(api: RunPod, name: str | None, *, add: bool) -> str | None:
    """The id of a registry's credentials in RunPod's account, which are put there if need be.

    Raises:
        DeployError: there are none, or several of that name.
    """
    if name is None:
        return None
    found = [one["id"] for one in api.registries() if one["name"] == name]
    if len(found) > 1:
        raise DeployError(f"RunPod has {len(found)} registry credentials named {name}: delete one")
    if found:
        return str(found[0])
    user, token = os.environ.get(USER), os.environ.get(TOKEN)
    if not (user and token):
        raise DeployError(
            f"RunPod has no registry credentials named {name}: set {USER} and {TOKEN}, and apply "
            "puts them there"
        )
    return str(api.add_registry(name, user, token)["id"]) if add else f"{name} (to be added)"


def _found(api: RunPod, service: str) -> Document:
    if (endpoint := api.find(service)) is None:
        raise DeployError(f"{service} is not deployed")
    return endpoint


def _patience(given: argparse.Namespace) -> Patience:
    return Patience(rollout_s=given.timeout, poll_s=min(5.0, given.timeout / 10))


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s deploy-<service> --", description=__doc__)
    parser.add_argument("service")
    commands = parser.add_subparsers(dest="command", required=True)
    made = {
        name: commands.add_parser(name, help=(command.__doc__ or "").splitlines()[0])
        for name, command in COMMANDS.items()
    }
    for name in ("plan", "apply"):
        made[name].add_argument("--image", help="default: the registry's of this working tree")
    for name in ("apply", "rollback"):
        made[name].add_argument(
            "--timeout", type=float, default=Patience().rollout_s, metavar="SECONDS",
            help="until a worker has to be ready",
        )  # fmt: skip
    made["apply"].add_argument("--smoke", action="store_true", help="real jobs decide, or undo it")
    made["apply"].add_argument(
        "--direct", action="store_true", help="without a candidate, which a new image is tried on"
    )
    made["rollback"].add_argument(
        "--to", metavar="IMAGE", default=PREVIOUS, help="default: the one before"
    )
    made["logs"].add_argument("--tail", type=int, default=100, help="lines of each worker")
    made["logs"].add_argument("--follow", action="store_true", help="go on as they come")
    made["destroy"].add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
