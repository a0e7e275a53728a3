"""Checks a service's image against RunPod's rules: ``nox -s check-vad -- [options of build]``."""

from __future__ import annotations

import os
import sys

from tools.images.build import published
from tools.images.engine import EngineError, connect, find_image
from tools.images.fetch import fetch
from tools.images.inputs import gather
from tools.images.plan import plan
from tools.workspace import ROOT


def main() -> None:
    """Become the emulator's check of the image, if there is one."""
    service, *options = sys.argv[1:]
    try:
        image = of_this_tree(service, options)
    except EngineError as error:
        sys.exit(f"error: {error}")
    job = ROOT / "services" / service / "test_input.json"
    check = ["-m", "runpod_emulator", "check", "--image", image, "--input", str(job)]
    os.execv(sys.executable, [sys.executable, *check])


def of_this_tree(service: str, options: list[str]) -> str:
    """The name of the image that was built from what is here now.

    One that the registry has already, as after a deployment that failed, is not built again: it is
    pulled.

    Raises:
        EngineError: there is none.
    """
    client = connect()
    inputs = gather(client, plan(service, options, verb="check"))
    if find_image(client, inputs.reference):
        return inputs.reference
    if name := published(client, inputs):
        fetch(client, name)
        return name
    raise EngineError(f"there is no image {inputs.reference}: build it, `nox -s build-{service}`")


if __name__ == "__main__":
    main()
