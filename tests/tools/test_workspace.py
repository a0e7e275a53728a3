"""The sessions, the schemas and the locks follow from what is in the folders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.spec import ServiceSpec
from tools.environment import CPU_INDEX, TORCH, installs, prepare, torch_arguments
from tools.generate import generated
from tools.workspace import ROOT, service_names
from tools.workspace.targets import PROVISION


@pytest.mark.parametrize("name", service_names())
def test_a_service_has_its_sessions(name: str) -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "nox", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for verb in ("run", "serve", "test", "test-gpu", "bench"):
        assert re.search(rf"^[-*] {verb}-{name} ->", listing, re.MULTILINE), verb


@pytest.mark.parametrize("name", [*service_names(), PROVISION])
def test_the_committed_generated_files_are_up_to_date(name: str) -> None:
    for path, text in generated(name).items():
        assert path.read_text(encoding="utf-8") == text, "run `nox -s generate`"


@pytest.mark.parametrize("name", service_names())
def test_a_service_is_described_by_its_own_folder(name: str) -> None:
    assert ServiceSpec.read(ROOT / "services" / name / "service.toml").name == name


def test_sessions_of_the_noxfile_stay_thin() -> None:
    bodies = re.split(r"\n\s*@nox\.session", (ROOT / "noxfile.py").read_text())[1:]
    for body in bodies:
        lines = [line for line in body.split("\n\n\n")[0].splitlines() if line.strip()]
        assert len(lines) <= 10


def test_torch_is_the_cpu_build_unless_another_index_is_named() -> None:
    assert torch_arguments({}, "linux")[-1].endswith("+cpu")
    assert torch_arguments({}, "darwin")[-1].count("+") == 0
    assert torch_arguments({"TORCH_INDEX_URL": ""}, "linux")[2] == CPU_INDEX
    other = torch_arguments({"TORCH_INDEX_URL": "https://example.com/whl"}, "linux")
    assert other == ["--index-url", "https://example.com/whl", f"torch=={TORCH}"]


def test_everything_but_torch_is_installed_by_hash() -> None:
    for _, arguments in list(installs("dev", {}))[1:]:
        assert "--require-hashes" in arguments


def test_no_lock_holds_torch_or_a_package_index() -> None:
    locks = [*(ROOT / "requirements").glob("*.txt"), *ROOT.glob("services/*/requirements.txt")]
    assert len(locks) > 3
    for lock in locks:
        text = lock.read_text()
        assert not re.search(r"^(torch|nvidia)|index-url|https?://", text, re.MULTILINE), lock


def test_all_locks_agree_on_every_version() -> None:
    versions: dict[str, set[str]] = {}
    for lock in [*(ROOT / "requirements").glob("*.txt"), *ROOT.glob("services/*/requirements.txt")]:
        for name, pin in re.findall(r"^([a-z0-9-]+)==(.+?) \\$", lock.read_text(), re.MULTILINE):
            versions.setdefault(f"{name} {pin.partition(';')[2]}", set()).add(pin)
    assert versions
    assert all(len(pins) == 1 for pins in versions.values())


class Recorder:
    """Stands for the commands ``prepare`` would run."""

    def __init__(self, location: Path) -> None:
        self.commands: list[list[str]] = []
        self._python = location / "bin" / "python"

    def __call__(self, command: list[str]) -> None:
        self.commands.append(command)
        self._python.parent.mkdir(parents=True, exist_ok=True)
        self._python.touch()


def test_an_environment_is_made_once_and_anew_when_what_it_is_made_from_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Recorder(tmp_path)
    prepare("host", tmp_path, run)
    first = len(run.commands)
    prepare("host", tmp_path, run)
    assert len(run.commands) == first
    monkeypatch.setenv("TORCH_INDEX_URL", "https://example.com/whl")
    prepare("host", tmp_path, run)
    assert "--clear" in run.commands[first], "torch of another index replaces the one there"


def test_an_environment_to_run_services_grows_into_one_for_tests(tmp_path: Path) -> None:
    run = Recorder(tmp_path)
    prepare("host", tmp_path, run)
    first = len(run.commands)
    prepare("dev", tmp_path, run)
    assert "virtualenv" not in run.commands[first]
    made = len(run.commands)
    prepare("host", tmp_path, run)
    assert len(run.commands) == made


def test_an_environment_is_never_cleared_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    run = Recorder(tmp_path)
    prepare("host", tmp_path, run)
    assert run.commands
    assert not any("--clear" in command for command in run.commands)


def test_a_failed_installation_is_tried_again(tmp_path: Path) -> None:
    def broken(command: list[str]) -> None:
        raise subprocess.CalledProcessError(1, command)

    with pytest.raises(subprocess.CalledProcessError):
        prepare("host", tmp_path, broken)
    run = Recorder(tmp_path)
    prepare("host", tmp_path, run)
    assert run.commands
