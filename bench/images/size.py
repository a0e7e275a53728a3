"""Where the megabytes of images go, beside the images people write: ``nox -s size``.

Only what is built is measured, unless ``--build`` is given.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import get_args

import docker
from docker.models.images import Image
from rich.console import Console
from rich.table import Table

from bench.report import Report, Row, publish
from bench.usual.build import Way
from bench.usual.build import build as build_usual
from bench.usual.build import name as usual_name
from tools.images.archive import digests
from tools.images.build import make as make_image
from tools.images.contents import Part, contents, stamps
from tools.images.engine import EngineError, connect, find_image
from tools.images.inputs import gather
from tools.images.plan import Plan, default_base, trusted_ca
from tools.images.report import Layer, layers_above, megabytes
from tools.workspace import service_names
from tools.workspace.targets import Models, accelerators
from tools.workspace.tree import Tree

USUAL = "the usual Dockerfile"
SHOWN = 1_000_000  # bytes; smaller parts are counted together
GROUPS: dict[Way, str] = {
    "single": "one model in an image",
    "all_in_one": "all models in an image",
    "volume": "models on a volume",
}


def main() -> int:
    """Print what is in each image, layer by layer, and compare; 0 when there is one."""
    parser = argparse.ArgumentParser(prog="nox -s size --", description=__doc__)
    parser.add_argument("services", nargs="*", default=service_names(), metavar="SERVICE")
    kinds = get_args(Models)
    parser.add_argument("--models", nargs="+", choices=kinds, default=kinds, help="which images")
    parser.add_argument("--base", metavar="IMAGE", help="their base, if not the Dockerfile's")
    parser.add_argument("--slim", metavar="IMAGE", help="likewise, of those without torch")
    parser.add_argument("--build", action="store_true", help="build what is not built")
    given = parser.parse_args()
    base_name = given.base or default_base(given.services[0])
    try:
        client = connect(silence_s=900)
        base = _base(client, base_name)
        plans = [
            Plan(name, base_name, models, trusted_ca())
            for name in given.services
            for models in given.models
        ]
        slim = given.slim or default_base(given.services[0], "cpu")
        if find_image(client, slim):
            plans += [
                replace(plan, base=slim, accelerator="cpu", torch=base_name)
                for plan in plans
                if "cpu" in accelerators(Tree(), plan.service) and plan.models != "volume"
            ]
        else:
            print(f"no images for CPUs: there is no {slim}, see --slim", file=sys.stderr)
        found = _ours(client, plans, make=given.build)
        report = compare(client, base, found, make=given.build)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    publish("images-size", report)
    return 0


def compare(
    client: docker.DockerClient, base: Image, ours: list[tuple[Plan, Image]], *, make: bool
) -> Report:
    """Print what is in each image, and compare what is no weights, for each way to ship these.

    Raises:
        EngineError: there is nothing to compare, or something did not build.
    """
    rows = []
    stamped = cache(lambda name: stamps(client, _base(client, name)))
    for way, group in GROUPS.items():
        images = {_subject(plan): (image, plan.base) for plan, image in ours if _way(plan) == way}
        if images and (usual := _usual(client, way, base, make=make)):
            images = {USUAL: (usual, base.tags[0]), **images}
        for subject, (image, below) in images.items():
            found = contents(client, image, stamped(below))
            layers = layers_above(image, _base(client, below))
            _print(f"{subject}: {image.tags[0]}", layers, found)
            whole = f"; the whole image {megabytes(image.attrs['Size'])}"
            rows.append(_row(group, subject, found, whole))
    if not rows:
        raise EngineError("no such image is built: see `nox -s build-vad`, or use --build")
    size = megabytes(base.attrs["Size"])
    return Report("images: bytes above the base that are no weights", rows, [
        f"uncompressed, on {base.tags[0]}, {size}, torch in it, those for CPUs on a base without; "
        "weights as there are, not counted"
    ])  # fmt: skip


def _base(client: docker.DockerClient, name: str) -> Image:
    """A base image.

    Raises:
        EngineError: the engine has none of that name.
    """
    if found := find_image(client, name):
        return found
    raise EngineError(f"there is no base image {name}: name another with --base or --slim")


def _ours(
    client: docker.DockerClient, plans: list[Plan], *, make: bool
) -> list[tuple[Plan, Image]]:
    found = []
    for plan in plans:
        inputs = gather(client, plan)
        image = make_image(client, inputs).image if make else find_image(client, inputs.reference)
        if image:
            found.append((plan, image))
        else:
            print(f"not built: {inputs.reference}", file=sys.stderr)
    return found


def _usual(client: docker.DockerClient, way: Way, base: Image, *, make: bool) -> Image | None:
    if make:
        return build_usual(way, base.tags[0])
    name = usual_name(way)
    if image := find_image(client, name):
        below = digests(base)
        if digests(image)[: len(below)] == below:
            return image
        name += f", on {base.tags[0]} as it is now"
    print(f"not built: {name}", file=sys.stderr)
    return None


def _way(plan: Plan) -> Way:
    if plan.models == "volume":
        return "volume"
    return "all_in_one" if plan.service == "bundle" else "single"


def _subject(plan: Plan) -> str:
    on = " for CPUs" if plan.accelerator == "cpu" else ""
    return f"{plan.service}{on}, {plan.models}"


def _row(group: str, subject: str, parts: Counter[Part], more: str) -> Row:
    weights = sum(size for part, size in parts.items() if part.kind == "model")
    largest = ", ".join(
        f"{part.name} {size / 1e6:.0f}"
        for part, size in parts.most_common(4)
        if part.kind != "model" and size >= SHOWN
    )
    note = f"{largest}; weights {weights / 1e6:.1f}{more}"
    return Row(group, subject, [(parts.total() - weights) / 1e6], "MB", note)


def _print(title: str, layers: list[Layer], parts: Counter[Part]) -> None:
    table = Table("MB", "what", title=title, title_justify="left", box=None, pad_edge=False)
    table.columns[0].justify = "right"
    for layer in layers:
        table.add_row(f"{layer.size / 1e6:.2f}", f"layer: {layer.step}")
    table.add_section()
    for name, size in _lines(parts):
        table.add_row(f"{size / 1e6:.2f}", name)
    # As wide as needed where no terminal says how wide it may be.
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(table, "")


def _lines(parts: Counter[Part]) -> Iterator[tuple[str, int]]:
    small: Counter[str] = Counter()
    for part, size in parts.most_common():
        if size >= SHOWN or part.kind not in {"package", "rest"}:
            yield f"{part.kind} {part.name}", size
        else:
            small[part.kind] += size
    for kind, size in small.items():
        number = sum(part.kind == kind and bytes_ < SHOWN for part, bytes_ in parts.items())
        yield f"{number} smaller: {kind}", size


if __name__ == "__main__":
    sys.exit(main())
