"""Serves endpoints on this machine as RunPod would: ``nox -s serve-vad``, ``nox -s serve``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from shared.spec import ServiceSpec
from tools.endpoints import document, of_an_image, on_this_machine
from tools.host_models import choose, say_if_tiny
from tools.local import service
from tools.workspace import ROOT, from_the_user, service_names

FILE = ROOT / "out" / "endpoints.toml"


def main() -> None:
    """Become the emulator of services; options other than these are its own (``--port``)."""
    parser = argparse.ArgumentParser(prog="nox -s serve-<service> --", description=__doc__)
    parser.add_argument("services", nargs="*", metavar="SERVICE", default=service_names())
    parser.add_argument("--image", help="workers are containers of this image, not processes")
    parser.add_argument("--volume", metavar="FOLDER", help="with --image: its network volume")
    given, options = parser.parse_known_args()
    if given.image and len(given.services) > 1:
        parser.error("--image is for one service")
    if given.volume and not given.image:
        parser.error("--volume is for images; MODELS_DIR names the models of processes")
    volume = from_the_user(given.volume) if given.volume else None
    workers = {name: of_an_image(given.image, volume) for name in given.services}
    if not given.image:
        specs = {name: service(name).spec for name in given.services}
        workers = {name: on_this_machine(spec, _models(spec)) for name, spec in specs.items()}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(document(workers), encoding="utf-8")
    emulator = [sys.executable, "-m", "runpod_emulator", "serve", "--config", str(FILE)]
    os.execv(sys.executable, [*emulator, *options])


def _models(spec: ServiceSpec) -> Path:
    folder = choose(spec)
    say_if_tiny(folder, spec)
    return folder


if __name__ == "__main__":
    main()
