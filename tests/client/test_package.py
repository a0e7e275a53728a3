"""The client is installed alone: it says what it needs, and its copies are the services' own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.client_copies import FOLDER, copies
from tools.workspace import CLIENT

PACKAGE = CLIENT / "speech_endpoints"


def test_the_copies_are_those_of_the_services() -> None:
    for path, text in copies().items():
        assert path.read_text(encoding="utf-8") == text, "run `nox -s generate`"
    assert set(FOLDER.rglob("*.py")) == set(copies())


def test_a_copy_differs_by_the_package_it_imports_from_alone() -> None:
    original = CLIENT.parent / "services" / "asr" / "contract.py"
    copy = FOLDER / "services" / "asr" / "contract.py"
    assert copy.read_text().replace("speech_endpoints.vendored.", "") == original.read_text()


def test_its_requirements_are_those_of_its_package() -> None:
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
    lines = (CLIENT / "requirements.in").read_text().splitlines()
    assert project["dependencies"] == [line for line in lines if not line.startswith("#")]


def test_it_imports_nothing_of_this_project_and_nothing_heavy() -> None:
    sources = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    ours = r"^\s*(from|import) (shared|services|tools|runpod_emulator)\b"
    assert not re.search(ours, sources, re.MULTILINE)
    code = "import sys, speech_endpoints; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(CLIENT)},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    heavy = {"torch", "numpy", "av", "typer", "sqlite3", "soundfile", "runpod", "starlette"}
    assert not heavy & set(loaded)


def test_its_wheel_holds_all_of_it(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    build = subprocess.run(
        ["uv", "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(CLIENT)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    if build.returncode:
        pytest.skip("uv fetches the build's backend from the package index, which it cannot reach")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("speech_endpoints/")}
        archive.extractall(tmp_path / "installed")
    sources = {f"speech_endpoints/{path.relative_to(PACKAGE)}" for path in PACKAGE.rglob("*.py")}
    assert held == sources | {"speech_endpoints/py.typed"}
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); import speech_endpoints"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
