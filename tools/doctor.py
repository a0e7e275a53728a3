"""Says what this machine can run, and what to do about the rest: ``nox -s doctor``."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from shared.errors import SpeechError
from shared.models.folder import locate
from shared.models.lean import available_cores
from shared.spec import ServiceSpec
from tools.host_models import choose
from tools.images.engine import EngineError, command_line, connect
from tools.workspace import ROOT, TINY_MODELS, service_names

NEEDED_GB = 3.0
REMEDY = "fetch it with `nox -s models`, or set MODELS_DIR to a folder that holds it"


class Finding(NamedTuple):
    """One thing that was looked at: is it good, and what is to be done if not."""

    subject: str
    good: bool
    found: str
    remedy: str = ""


def main() -> int:
    """Print every finding; 0 when nothing that is needed is missing."""
    table = Table("", "what", "found", "what to do", box=None, header_style="bold")
    findings = [finding for check in CHECKS for finding in check()]
    for finding in findings:
        mark = "[green]ok[/]" if finding.good else "[red]no[/]"
        table.add_row(mark, finding.subject, finding.found, "" if finding.good else finding.remedy)
    Console().print(table)
    return int(any(not finding.good for finding in findings))


def _machine() -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    yield Finding("cores", True, str(available_cores()))
    free = shutil.disk_usage(ROOT).free / 1e9
    yield Finding("free disk", free > NEEDED_GB, f"{free:.0f} GB", f"{NEEDED_GB:.0f} GB are needed")


def _packages() -> Iterator[Finding]:
    for name in ("numpy", "torch", "soundfile", "av", "soxr", "pydantic", "runpod", "rich"):
        remedy = "delete the folder .nox/env here and run again"
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a broken package can raise anything
            yield Finding(name, False, type(error).__name__, remedy)
        else:
            yield Finding(name, True, str(getattr(module, "__version__", "installed")))


def _gpu() -> Iterator[Finding]:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none; the CPU is used"
    yield Finding("GPU", True, gpu)


def _engine() -> Iterator[Finding]:
    try:
        version = connect().version()["Version"]
        command_line()
    except EngineError as error:
        yield Finding("container engine", True, f"none to use, needed for images: {error}")
    else:
        yield Finding("container engine", True, f"Docker {version}, with BuildKit")


def _models() -> Iterator[Finding]:
    for name in service_names():
        spec = ServiceSpec.read(ROOT / "services" / name / "service.toml")
        folder = choose(spec)
        for model in spec.models:
            yield _model(f"{name}: {model.role} model", model.id, model.revision, folder)


def _model(subject: str, model_id: str, revision: str, folder: Path) -> Finding:
    try:
        found = locate(model_id, folder, revision)
        found.verify(hash_up_to=None)
    except SpeechError as error:
        return Finding(subject, False, str(error), REMEDY)
    state = "verified" if found.verified else "unverified"
    kind = "bundled tiny weights" if folder == TINY_MODELS else (found.revision or "no lock")
    return Finding(subject, True, f"{kind}, {state}")


def _settings() -> Iterator[Finding]:
    for name in ("SPEECH_ALLOW_HTTP", "SPEECH_ALLOW_PRIVATE"):
        if os.environ.get(name):
            yield Finding(name, False, "set", "unset it: requests could reach private addresses")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _machine,
    _packages,
    _gpu,
    _engine,
    _models,
    _settings,
)

if __name__ == "__main__":
    sys.exit(main())
