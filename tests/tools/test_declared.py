"""A run of tests that read files their target does not have fails, and names the files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.project import make
from tools.workspace import ROOT

READS = 'def test_reads():\n    open("{}").close()\n'


def run(root: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run a test of the small repository; the plugin comes from this one."""
    make(root)
    make(root, {"tests/docs/test_docs.py": source})
    return subprocess.run(
        [str(Path(sys.executable).with_name("pytest")), "-p", "tools.workspace.declared", "tests"],
        cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["README.md", "services/one/handler.py", "pyproject.toml"])
def test_what_is_declared_or_belongs_to_all_tests_may_be_read(tmp_path: Path, path: str) -> None:
    done = run(tmp_path, READS.format(path))
    assert done.returncode == 0, done.stdout
    assert "does not declare" not in done.stdout


@pytest.mark.parametrize(
    ("source", "path"),
    [
        (READS.format("services/one/models.lock"), "services/one/models.lock"),
        (READS.format("tests/../.gitignore"), ".gitignore"),
        (
            'open("provision/install-tini.sh").close()\n' + READS.format("README.md"),
            "provision/install-tini.sh",
        ),
    ],
)
def test_anything_else_fails_the_run_and_is_named(tmp_path: Path, source: str, path: str) -> None:
    done = run(tmp_path, source)
    assert done.returncode == 1
    assert f"//tests:docs reads what it does not declare (DATA):\n  {path}\n" in done.stdout
    assert "1 passed" in done.stdout
