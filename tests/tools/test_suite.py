"""The whole suite runs in two processes, and fails if either does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.project import make
from tools.suite import WAITING, main

PASSES = "def test_it():\n    pass\n"
FAILS = "def test_it():\n    assert 'this' == 'that'\n"


def suite(root: Path, *, waiting: str, others: str) -> Path:
    """A repository with a test of those that wait for others, and another."""
    make(root)
    (root / "services/two/tests/test_two.py").unlink()
    first, *more = WAITING
    for folder in more:
        (root / folder).mkdir(parents=True)
    return make(root, {f"{first}/test_it.py": waiting, "tests/docs/test_docs.py": others})


@pytest.mark.parametrize(
    ("waiting", "others", "code"), [(PASSES, PASSES, 0), (FAILS, PASSES, 1), (PASSES, FAILS, 1)]
)
def test_a_failure_in_either_fails_it_and_is_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], waiting: str, others: str, code: int
) -> None:
    assert main([], suite(tmp_path, waiting=waiting, others=others)) == code
    shown = capfd.readouterr().out
    assert ("AssertionError" in shown, shown.count("1 passed")) == (code == 1, 2 - code)


def test_with_an_argument_only_what_it_names_is_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["tests/docs"], suite(tmp_path, waiting=FAILS, others=PASSES)) == 0
    assert "1 passed" in capfd.readouterr().out
