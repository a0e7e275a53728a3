"""How long an image takes to build, at first and after a changed line, and what is pushed then."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from docker.models.images import Image

from bench.repeat import in_turns
from bench.report import Row
from bench.usual.build import build as build_usual
from tools.images.archive import digests, layers
from tools.images.build import build
from tools.images.engine import EngineError, command_line, connect, find_image, has_builders
from tools.images.plan import Plan
from tools.images.stage import inputs
from tools.workspace import ROOT
from tools.workspace.digest import pack
from tools.workspace.tree import Tree

OURS, USUAL = "ours", "the usual Dockerfile"


def anew(plan: Plan) -> dict[str, Callable[[], float]]:
    """What builds each of both, every step anew, and says in how many seconds."""
    ours = partial(build, replace(plan, cache=False))
    usual = partial(build_usual, "single", plan.base, "--no-cache")
    return {OURS: partial(_seconds, ours), USUAL: partial(_seconds, usual)}


def after_a_change(plan: Plan, runs: int) -> tuple[list[Row], list[Row]]:
    """Build both, then again and again with another line in the handler, in turns.

    Returns:
        How long that took, and what of the last of them a push would send.
    """
    group = "a changed line"
    built = {OURS: build(plan).image, USUAL: build_usual("single", plan.base)}
    changed = dict(built)

    def measure(name: str, again: Callable[[str], Image]) -> float:
        began = time.perf_counter()
        changed[name] = again(f"# {uuid.uuid4().hex}\n")
        return time.perf_counter() - began

    took = in_turns({
        OURS: partial(measure, OURS, partial(_changed, plan)),
        USUAL: partial(measure, USUAL, lambda line: build_usual("single", plan.base, edit=line)),
    }, runs)  # fmt: skip
    sent = {name: compressed(changed[name], built[name]) / 1e6 for name in built}
    build_usual("single", plan.base)  # as it was, under its name
    return (
        [Row(group, name, values, "s") for name, values in took.items()],
        [Row(group, name, [size], "MB") for name, size in sent.items()],
    )


def compressed(image: Image, known: Image) -> int:
    """Bytes of the layers that another image does not have, each compressed as a push does it."""
    both = zip(digests(image), layers(image), strict=True)
    return sum(len(gzip.compress(layer.read())) for d, layer in both if d not in digests(known))


def _changed(plan: Plan, line: str) -> Image:
    """Our image with a line more in its handler, built from a copy of its inputs."""
    with tempfile.TemporaryDirectory(prefix="changed-") as folder:
        root, paths = Path(folder), inputs(plan.service, plan.models)
        for path in paths:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, root / path)
        with (root / "services" / plan.service / "handler.py").open("a") as handler:
            handler.write(line)
        context = pack(Tree(root), paths)
    command, name = command_line(), f"local/{plan.service}-changed:bench"
    done = subprocess.run(
        [command, *plan.command(name, load=has_builders(command))],
        check=False, input=context, env={**os.environ, "DOCKER_BUILDKIT": "1"},
    )  # fmt: skip
    image = find_image(connect(silence_s=900), name)
    if done.returncode or image is None:
        raise EngineError("the changed image did not build")
    return image


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
