"""What a change touches: ``nox -s affected``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.project import SETTINGS, commit, make
from tools.workspace.affected import main
from tools.workspace.tree import git

Affected = Callable[..., dict[str, Any]]
NOTHING: dict[str, list[str]] = {"build": [], "deploy": [], "test": [], "gone": []}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small repository, committed."""
    commit(make(tmp_path))
    return tmp_path


@pytest.fixture
def affected(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Affected:
    """What the command answers in JSON, or its error."""

    def run(*options: str) -> dict[str, Any]:
        monkeypatch.setattr("sys.argv", ["affected", "--json", *options])
        failed, printed = main(project), capsys.readouterr()
        found: dict[str, Any] = {"error": printed.err} if failed else json.loads(printed.out)
        return found

    return run


def todo(found: dict[str, Any]) -> dict[str, list[str]]:
    return {word: found[word] for word in NOTHING if found[word]}


def test_nothing_is_to_be_done_without_a_change(affected: Affected) -> None:
    assert todo(affected()) == {}


ONE, TWO = {"build": ["one"], "deploy": ["one"]}, {"build": ["two"], "deploy": ["two"]}
DOCS, OWN = "tests/docs", "services/two/tests"
EDITS = [
    ("shared/core.py", {"build": ["one", "two"], "deploy": ["one", "two"], "test": [OWN, DOCS]}),
    ("shared/net.py", {**TWO, "test": [OWN, DOCS]}),
    ("services/one/handler.py", {**ONE, "test": [DOCS]}),
    ("services/one/models.lock", ONE),
    ("services/two/service.toml", {**TWO, "test": [OWN]}),
    ("services/two/endpoint.toml", {"deploy": ["two"]}),
    ("services/two/tests/test_two.py", {"test": [OWN]}),
    ("services/two/tests/recording.txt", {"test": [OWN]}),
    ("services/two/unused.py", {}),
    ("models/tiny/own/net/model.pt", {"test": [OWN]}),
    ("pyproject.toml", {"test": [OWN, DOCS]}),
    ("README.md", {"test": [DOCS]}),
    ("NEW.md", {"test": [DOCS]}),
    ("ignored.log", {}),
]


@pytest.mark.parametrize(("path", "expected"), EDITS, ids=[path for path, _ in EDITS])
def test_an_edit_touches_the_targets_that_use_the_file(
    affected: Affected, project: Path, path: str, expected: dict[str, list[str]]
) -> None:
    with (project / path).open("a") as file:
        file.write("# edited\n")
    assert todo(affected()) == expected


def test_the_tiny_weights_are_in_the_images_that_are_built_with_them(
    affected: Affected, project: Path
) -> None:
    (project / "models/tiny/own/net/model.pt").write_text("other")
    assert affected("--models", "tiny")["build"] == ["one", "two"]
    assert affected("--models", "volume")["build"] == []


def test_deleted_renamed_and_executable_files_count(affected: Affected, project: Path) -> None:
    (project / "shared/net.py").unlink()
    assert todo(affected()) == {**TWO, "test": [OWN, DOCS]}
    git("checkout", "-q", ".", at=project)
    (project / "README.md").rename(project / "READ.md")
    assert affected()["changed"] == ["READ.md", "README.md"]
    git("checkout", "-q", ".", at=project)
    (project / "READ.md").unlink()
    (project / "provision/install-tini.sh").chmod(0o755)
    assert todo(affected()) == {"build": ["one", "two"], "deploy": ["one", "two"]}


def test_a_new_import_brings_the_file_that_was_there(affected: Affected, project: Path) -> None:
    make(project, {"services/one/handler.py": "import shared.net"})
    assert affected()["build"] == ["one"]
    commit(project)
    make(project, {"shared/net.py": "# no import any more"})
    assert affected()["build"] == ["one", "two"]


def test_the_time_of_a_file_is_no_change(affected: Affected, project: Path) -> None:
    (project / "shared/core.py").touch()
    assert todo(affected()) == {}


def test_a_service_that_is_added_or_taken_away_is_told(affected: Affected, project: Path) -> None:
    make(project, {"services/new/service.toml": SETTINGS, "services/new/handler.py": ""})
    assert todo(affected()) == {"build": ["new"], "deploy": ["new"], "test": [DOCS]}
    commit(project)
    for path in (project / "services/new").iterdir():
        path.unlink()
    assert affected()["gone"] == ["//services/new:endpoint", "//services/new:image"]


def test_the_change_of_a_branch_begins_where_it_left_main(
    affected: Affected, project: Path
) -> None:
    git("checkout", "-q", "-b", "branch", at=project)
    make(project, {"shared/net.py": "# committed"})
    commit(project)
    git("checkout", "-q", "-", at=project)
    make(project, {"services/one/handler.py": "# somebody else's"})
    commit(project)
    git("update-ref", "refs/remotes/origin/main", "HEAD", at=project)
    git("checkout", "-q", "branch", at=project)
    assert affected()["changed"] == ["shared/net.py"]
    assert affected("--since", "HEAD")["changed"] == []


def test_the_way_from_a_target_to_a_changed_file_is_explained(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(project, {"shared/core.py": "# edited", "CODEOWNERS": "new"})
    monkeypatch.setattr("sys.argv", ["affected", "--explain"])
    assert main(project) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0].startswith("2 files differ from HEAD (")
    assert lines[1:] == [
        "build //services/one:image",
        "services/one/handler.py -> shared/core.py",
        "build //services/two:image",
        "services/two/handler.py -> shared/net.py -> shared/core.py",
        "deploy //services/one:endpoint",
        "//services/one:image",
        "deploy //services/two:endpoint",
        "//services/two:image",
        "test //services/two:tests",
        "services/two/tests/test_two.py -> services/two/handler.py -> shared/net.py -> "
        "shared/core.py",
        "test //tests:docs",
        "services/one/handler.py -> shared/core.py",
        "in no target",
        "CODEOWNERS",
    ]


@pytest.mark.parametrize(
    ("since", "edit", "reason"),
    [
        ("nowhere", {}, "there is no commit nowhere"),
        ("HEAD", {"services/two/service.toml": "models = ["}, "services/two/service.toml: "),
        ("HEAD", {"tests/docs/__init__.py": "DATA = 'x'"}, "DATA is not a tuple"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(
    affected: Affected, project: Path, since: str, edit: dict[str, str], reason: str
) -> None:
    make(project, edit)
    (line,) = affected("--since", since)["error"].splitlines()
    assert line.startswith("error: ")
    assert reason in line
