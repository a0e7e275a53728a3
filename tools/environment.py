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
LOCKS: dict[Layer, tuple[str, ...]] = {"host": ("host",), "dev": ("dev", "funasr")}

_STAMP = ".installed"

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
    run = run or run_quietly
    python = location / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if is_current(layer, location):
        return python
    # An environment that nox itself runs in is brought up to date as it is: it cannot be cleared.
    if not is_current("host", location) and Path(sys.prefix).resolve() != location.resolve():
        run([sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(location)])
    for what, arguments in installs(layer, os.environ):
        print(f"installing {what}", file=sys.stderr, flush=True)
        run([str(python), "-m", "pip", "install", "--disable-pip-version-check", *arguments])
    holds = {fingerprint("host", os.environ), fingerprint(layer, os.environ)}
    (location / _STAMP).write_text(" ".join(sorted(holds)))
    return python


def is_current(layer: Layer, location: Path = LOCATION) -> bool:
    """Whether the environment holds a layer as it is to be now."""
    stamp = location / _STAMP
    return stamp.exists() and fingerprint(layer, os.environ) in stamp.read_text().split()


def installs(layer: Layer, environ: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """What is installed, in order, and the arguments of its ``pip install``."""
    yield "torch (190 MB for Linux)", torch_arguments(environ, sys.platform)
    packages = {
        "host": "the services' packages (135 MB)",
        "dev": "the developers' packages (350 MB)",
    }
    yield packages[layer], ["--require-hashes", "-r", str(REQUIREMENTS / f"{layer}.txt")]
    if layer == "dev":
        funasr = ["--require-hashes", "--no-deps", "-r", str(REQUIREMENTS / "funasr.txt")]
        yield "funasr, to compare with", funasr


def torch_arguments(environ: Mapping[str, str], platform: str) -> list[str]:
    """How torch is installed: the CPU build, unless TORCH_INDEX_URL names another index.

    The default index of pip has torch with CUDA for Linux, several gigabytes nobody wants for a
    demo; the version ``+cpu`` exists on no other index, so there is no way to get it by accident.
    """
    index = environ.get("TORCH_INDEX_URL") or CPU_INDEX
    if index != CPU_INDEX:  # torch for a GPU needs packages that are on its index, in no lock
        return ["--index-url", index, f"torch=={TORCH}"]
    local = "" if platform == "darwin" else "+cpu"
    return ["--no-deps", "--index-url", index, f"torch=={TORCH}{local}"]


def fingerprint(layer: Layer, environ: Mapping[str, str]) -> str:
    """Hash of all that decides what ``prepare`` installs.

    Which Python asks does not count: uvx, pipx and nox may each bring another one.
    """
    digest = hashlib.sha256(" ".join(torch_arguments(environ, sys.platform)).encode())
    for name in LOCKS[layer]:
        digest.update((REQUIREMENTS / f"{name}.txt").read_bytes())
    return digest.hexdigest()


def run_quietly(command: list[str]) -> None:
    """Run a command, and show what it printed only if it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)
