"""The doctor finds what is wrong and says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.workspace import ROOT


def doctor(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.doctor"],
        cwd=ROOT, env={**os.environ, "MODELS_DIR": "", "COLUMNS": "160", **environment},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_machine_in_order_has_nothing_to_do() -> None:
    done = doctor()
    assert done.returncode == 0, done.stdout
    assert "bundled tiny weights, verified" in done.stdout


def test_a_models_folder_without_the_model_is_found(tmp_path: Path) -> None:
    done = doctor(MODELS_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "model_missing" in done.stdout
    assert "MODELS_DIR" in done.stdout


def test_a_setting_that_opens_private_addresses_is_found() -> None:
    done = doctor(SPEECH_ALLOW_PRIVATE="1")
    assert done.returncode == 1
    assert "unset it" in done.stdout
