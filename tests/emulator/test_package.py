"""The emulator is a package of its own: it says what it needs, and what its README shows is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from runpod_emulator.config import read_endpoints
from runpod_emulator.faults import Schedule
from runpod_emulator.rules import Rules
from runpod_emulator.settings import EndpointSettings, Limits
from tools.workspace import EMULATOR
from tools.workspace.imports import closure
from tools.workspace.tree import Tree

README = (EMULATOR / "README.md").read_text(encoding="utf-8")


def test_its_requirements_are_those_of_its_package() -> None:
    project = tomllib.loads((EMULATOR / "pyproject.toml").read_text())["project"]
    lines = (EMULATOR / "requirements.in").read_text().splitlines()
    assert project["dependencies"] == [line for line in lines if not line.startswith("#")]


def test_it_imports_nothing_of_this_project() -> None:
    entry = "emulator/runpod_emulator/__main__.py"
    found = closure(Tree(), [entry])
    assert len(found) > 20
    assert all(path.startswith("emulator/runpod_emulator/") for path in found)
    sources = "".join(path.read_text() for path in EMULATOR.rglob("*.py"))
    assert not re.search(r"^(from|import) (shared|services|tools|provision)", sources, re.MULTILINE)


def test_the_python_of_its_readme_runs() -> None:
    (code,) = re.findall(r"^```py\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    subprocess.run([sys.executable, "-c", code], cwd=EMULATOR, check=True)


def test_the_tests_its_readme_shows_pass(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    imports = "from runpod_emulator.faults import Fault\n"
    (tmp_path / "test_it.py").write_text(imports + code)
    plugin = ["-p", "runpod_emulator.pytest_plugin"]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, str(tmp_path)],
        cwd=EMULATOR, check=True, env={**os.environ, "PYTHONPATH": str(EMULATOR)},
    )  # fmt: skip


def test_the_endpoints_its_readme_shows_are_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```toml\n(\[endpoint.*?)^```", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "endpoints.toml").write_text(text)
    (endpoint,) = read_endpoints(tmp_path / "endpoints.toml")
    assert endpoint.settings.id == "transcribe"


def test_the_faults_its_readme_shows_are_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```toml\n(seed.*?)^```", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "faults.toml").write_text(text)
    assert [fault.on for fault in Schedule.read(tmp_path / "faults.toml").faults] == [
        "job-done", "worker",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [Rules, Limits, EndpointSettings])
def test_its_readme_names_every_choice(kind: type) -> None:
    named = {"id", "rules", "limits", "gpu", *re.findall(r"`(\w+)`", README)}
    assert {field.name for field in fields(kind)} <= named


def test_every_option_of_its_command_has_an_explanation() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "runpod_emulator", "serve", "--help"],
        cwd=EMULATOR, capture_output=True, text=True, check=True, env={"COLUMNS": "120"},
    ).stdout  # fmt: skip
    for option in ("--endpoint", "--port", "--workers-max", "--idle-timeout", "--events"):
        assert option in shown
