"""The virtual environment all sessions share. Standard library only: the noxfile imports it.

torch is a few hundred megabytes, so it is installed once for all sessions. An environment that is
up to date is left alone: what was installed from is hashed and remembered beside it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from tools.workspace import ROOT

Layer = Literal["host", "dev"]  # dev holds all of host

TORCH = "2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
REQUIREMENTS = ROOT / "requirements"
LOCATION = ROOT / ".nox" / "env"

Run = Callable[[list[str]], None]


def prepare(layer: Layer, location: Path = LOCATION, run: Run | None = None) -> Path:
    """Make sure the environment holds a layer.

    Args:
        layer: ``host`` runs the services, ``dev`` tests them too.
        location: where the environment is, or is made.
        run: runs a command or raises; replaced in tests.

    Returns:
        The environment's Python.
    """
    python = location / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = fingerprint(layer, os.environ)
    layers: tuple[Layer, ...] = ("dev",) if layer == "dev" else ("host", "dev")
    if python.exists() and any(
        _remembered(location, x) == fingerprint(x, os.environ) for x in layers
    ):
        return python
    run = run or _run
    if not python.exists():
        run([sys.executable, "-m", "virtualenv", "--quiet", str(location)])
    print(
        f"preparing {location.relative_to(ROOT) if location.is_relative_to(ROOT) else location}"
        " (once; torch is the largest download)",
        file=sys.stderr,
    )
    for arguments in installs(layer, os.environ):
        run([str(python), "-m", "pip", "install", "-qq", *arguments])
    _stamp(location, layer).write_text(wanted)
    return python


def installs(layer: Layer, environ: Mapping[str, str]) -> Iterator[list[str]]:
    """The arguments of each ``pip install``, in order."""
    yield torch_arguments(environ, sys.platform)
    yield ["--require-hashes", "-r", str(REQUIREMENTS / f"{layer}.txt")]
    yield ["--require-hashes", "--no-deps", "-r", str(REQUIREMENTS / "funasr.txt")]


def torch_arguments(environ: Mapping[str, str], platform: str) -> list[str]:
    """How torch is installed: the CPU build, unless TORCH_INDEX_URL names another index.

    The default index of pip has torch with CUDA for Linux, several gigabytes nobody wants for a
    demo; the version ``+cpu`` exists on no other index, so there is no way to get it by accident.
    """
    index = environ.get("TORCH_INDEX_URL") or CPU_INDEX
    local = "+cpu" if index == CPU_INDEX and platform != "darwin" else ""
    return ["--no-deps", "--index-url", index, f"torch=={TORCH}{local}"]


def fingerprint(layer: Layer, environ: Mapping[str, str]) -> str:
    """Hash of all that decides what ``prepare`` installs."""
    digest = hashlib.sha256(
        " ".join([sys.version, *torch_arguments(environ, sys.platform)]).encode()
    )
    for name in (layer, "funasr"):
        digest.update((REQUIREMENTS / f"{name}.txt").read_bytes())
    return digest.hexdigest()


def _stamp(location: Path, layer: Layer) -> Path:
    return location / f".{layer}"


def _remembered(location: Path, layer: Layer) -> str:
    stamp = _stamp(location, layer)
    return stamp.read_text() if stamp.exists() else ""


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)
