"""A worker starts with what it needs and nothing more."""

from __future__ import annotations

import re
import subprocess
import sys

from tools.workspace import ROOT


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_sdk_is_imported_unmodified_and_knows_the_processor() -> None:
    code = (
        "import sys\n"
        "from shared.worker.sdk import import_sdk\n"
        "sdk = import_sdk()\n"
        "from runpod.serverless.utils.rp_debugger import PROCESSOR\n"
        "print(sdk.__name__, {'cpuinfo', 'paramiko'} & set(sys.modules), bool(PROCESSOR))\n"
    )
    assert python(code) == "runpod.serverless set() True"


def test_what_is_put_off_of_the_sdk_works_where_it_is_installed() -> None:
    code = (
        "from shared.worker.sdk import import_sdk\n"
        "import_sdk()\n"
        "from runpod.cli.groups.ssh import functions\n"
        "print(functions.paramiko.RSAKey.__module__)\n"
    )
    assert python(code) == "paramiko.rsakey"


def test_the_sdk_and_the_api_it_serves_need_only_what_an_image_has() -> None:
    """All other packages of this environment are hidden; images leave many of the SDK's out."""
    locks = [ROOT / "services/vad/requirements.txt", ROOT / "requirements/torch.txt"]
    there = {name for lock in locks for name in re.findall(r"^[\w.-]+", lock.read_text(), re.M)}
    code = (
        "import re, sys\n"
        "from importlib.metadata import packages_distributions\n"
        f"there = {there}\n"
        "for module, packages in packages_distributions().items():\n"
        "    if not there & {re.sub('[_.]', '-', package).lower() for package in packages}:\n"
        "        sys.modules[module] = None\n"
        "from shared.worker.sdk import import_sdk\n"
        "import_sdk()\n"
        "import runpod.serverless.modules.rp_fastapi, runpod.serverless.modules.rp_fitness\n"
        "print([name for name in ('boto3', 'rich', 'uvloop') if sys.modules[name] is None])\n"
    )
    assert python(code) == "['boto3', 'rich', 'uvloop']"


def test_a_contract_needs_no_heavy_package() -> None:
    code = (
        "import sys\n"
        "import services.vad.contract, shared.formats, shared.errors\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    assert not {"numpy", "torch", "runpod", "soundfile"} & set(python(code).split())


def test_thread_pools_do_not_spin_unless_asked_to() -> None:
    names = "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS"
    code = f"import os, shared; print(*map(os.environ.get, {names}))"
    assert python(code) == "PASSIVE 1"
