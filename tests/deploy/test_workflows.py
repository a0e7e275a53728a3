"""The workflows: pinned, bounded, with no more rights than they need; the work itself is nox's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tools.workspace import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
WRITES = {"deploy.yml": {"deploy": {"id-token", "attestations"}}}
# What is said in a workflow besides: GitHub's own tools, and what only its machines need.
PLUMBING = re.compile(
    r"^(exit 1|\.ci/free-space|sudo apt-get update .*|gh attestation verify .*|echo .*|jq .*|"
    r"\{|\} >>.*|(found|image|file)=\$\(uvx .*\))$"
)

Document = dict[Any, Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that name no workflow are for each."""
    if "file" in metafunc.fixturenames:
        metafunc.parametrize("file", FILES, ids=lambda file: file.name)


def read(file: Any) -> Document:
    found: Document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def steps(file: Any) -> Iterator[tuple[str, Document]]:
    for name, job in read(file)["jobs"].items():
        yield from ((name, step) for step in job.get("steps", ()))


def test_every_action_is_pinned_by_its_commit_and_says_its_version(file: Any) -> None:
    lines = [line for line in file.read_text().splitlines() if re.match(r"\s+(- )?uses:", line)]
    assert lines
    for line in lines:
        what, _, comment = line.partition("uses:")[2].strip().partition(" # ")
        if not what.startswith("$/"):  # of this repository, at this commit
            assert PINNED.fullmatch(what), line
            assert re.fullmatch(r"v\d+\.\d+\.\d+", comment), line


def test_an_action_has_one_commit_everywhere(file: Any) -> None:
    text = "".join(each.read_text() for each in FILES)
    pins = dict.fromkeys(re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40})", text))
    assert len({name for name, _ in pins}) == len(pins)


def test_no_job_runs_for_ever(file: Any) -> None:
    for name, job in read(file)["jobs"].items():
        assert "uses" in job or 1 <= job["timeout-minutes"] <= 180, name


def test_no_job_has_more_rights_than_it_needs(file: Any) -> None:
    document = read(file)
    assert document["permissions"] == {}
    for name, job in document["jobs"].items():
        rights = job["permissions"]
        written = {right for right, kind in rights.items() if kind != "read"}
        assert written == WRITES.get(file.name, {}).get(name, set()), name
        assert rights.get("contents", "read") == "read", name


def test_no_checkout_leaves_its_credentials_behind(file: Any) -> None:
    for name, step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, name


def test_who_opens_a_pull_request_meets_no_secret(file: Any) -> None:
    triggers = read(file)[True]  # YAML's reading of "on"
    assert "pull_request_target" not in triggers
    assert "workflow_run" not in triggers
    if "pull_request" in triggers:
        assert "secrets." not in file.read_text()


def test_no_expression_is_pasted_into_a_script(file: Any) -> None:
    for name, step in steps(file):
        assert "${{" not in step.get("run", ""), name


def test_a_deployment_is_never_cut_off(file: Any) -> None:
    for name, job in read(file)["jobs"].items():
        if name in {"deploy", "rollback"}:
            assert job["concurrency"]["group"].startswith("deploy-${{")
            assert job["concurrency"]["cancel-in-progress"] is False


def test_the_gate_waits_for_all_and_takes_cancelled_for_failed(file: Any) -> None:
    jobs = read(file)["jobs"]
    gate = jobs["status"]
    assert gate["if"] == "always()"
    assert set(gate["needs"]) == jobs.keys() - {"status"}
    (step,) = gate["steps"]
    assert "'failure'" in step["if"]
    assert "'cancelled'" in step["if"]
    assert step["run"] == "exit 1"


def test_everything_else_is_a_nox_session_that_there_is(file: Any) -> None:
    command = [sys.executable, "-m", "nox", "--list"]
    listed = subprocess.check_output(command, cwd=ROOT, text=True)
    sessions = set(re.findall(r"^[*-] (\S+)", listed, re.MULTILINE))
    used = []
    for name, step in steps(file):
        for line in filter(None, map(str.strip, step.get("run", "").splitlines())):
            found = re.findall(r'uvx "\$NOX" -s "?([\w-]+?)(-\$SERVICE)?"?(?: |\)|$)', line)
            assert found or PLUMBING.match(line), f"{name}: {line}"
            used += [f"{session}-vad" if of_service else session for session, of_service in found]
    assert used
    assert set(used) <= sessions


def test_nox_is_the_one_of_the_developers_lock(file: Any) -> None:
    (locked,) = re.findall(
        r"^nox==(\S+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE
    )
    assert read(file)["env"]["NOX"] == f"nox@{locked}"


def test_what_is_deployed_was_attested_and_verified_before() -> None:
    steps_ = [
        step.get("uses", "").partition("@")[0] or step["run"]
        for name, step in steps(FOLDER / "deploy.yml")
        if name == "deploy"
    ]
    order = [
        "build-", "check-", "smoke-", "push-", "actions/attest-build-provenance", "sbom-",
        "actions/attest", "gh attestation verify", "actions/upload-artifact", "compatible-",
        "deploy-",
    ]  # fmt: skip
    at = [next(i for i, step in enumerate(steps_) if what in step.split("\n")[0]) for what in order]
    at[order.index("actions/attest")] = steps_.index("actions/attest")
    assert at == sorted(at)
    (verified,) = [step.splitlines() for step in steps_ if "gh attestation verify" in step]
    assert len(verified) == 2
    (sbom,) = [
        step["with"]
        for _, step in steps(FOLDER / "deploy.yml")
        if step.get("uses", "").startswith("actions/attest@")
    ]
    assert verified[1].endswith(f"--predicate-type {sbom['predicate-type']}")


def test_every_week_all_is_built_anew_on_the_base_of_that_day() -> None:
    document = read(FOLDER / "deploy.yml")
    (when,) = document[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", when["cron"])
    (step,) = [each for each in document["jobs"]["plan"]["steps"] if each.get("id") == "pending"]
    assert "github.event_name == 'schedule' && '--all'" in step["env"]["ALL"]


def test_every_day_what_is_deployed_is_scanned_and_the_base_compared() -> None:
    document = read(FOLDER / "scan.yml")
    (when,) = document[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", when["cron"])
    commands = {name: step["run"] for name, step in steps(FOLDER / "scan.yml") if "run" in step}
    assert commands["deployed"].endswith("-s scan")
    assert commands["base"].endswith("-s pin-base -- --check")
