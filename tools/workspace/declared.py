"""A pytest plugin: the run fails if tests read files that are no inputs of their target.

``nox -s affected`` knows what tests import and what their folder declares (``DATA``). A file that
is read in another way would be missed: tests it can break would not be run. Seen are the files that
Python opens in the process of the tests; what subprocesses read has to be declared unwatched.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.workspace.targets import targets
from tools.workspace.tree import Tree


class Reads:
    """The files of a tree that each folder of tests has opened."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._root = f"{tree.root}{os.sep}"
        self._opened: dict[str, set[str]] = defaultdict(set)
        self._now: set[str] | None = None
        sys.addaudithook(self._note)

    def undeclared(self) -> dict[str, list[str]]:
        """Of each target, by label, the files it should declare."""
        found = {}
        # Hypothesis reads the sources of all modules that are loaded, whoever imported them.
        loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        files = {path for path in self._tree.files if self._root + path not in loaded}
        for target in targets(self._tree):
            opened = self._opened[target.folder] if target.kind == "tests" else set()
            if extra := (opened & files) - target.inputs(self._tree).keys():
                found[target.label] = sorted(extra)
        return found

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and self._now is not None and isinstance(path := arguments[0], str):
            path = os.path.abspath(path)  # noqa: PTH100 - called for every file there is
            if path.startswith(self._root):
                self._now.add(path.removeprefix(self._root).replace(os.sep, "/"))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """What is opened while a module is imported, and ..."""
        return (yield from self._watch(collector.path))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """... while a test runs belongs to the folder it is in."""
        return (yield from self._watch(item.path))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail what would pass."""
        if self.undeclared() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the files."""
        for label, paths in self.undeclared().items():
            terminalreporter.write_line(f"{label} reads what it does not declare (DATA):", red=True)
            for path in paths:
                terminalreporter.write_line(f"  {path}")

    def _watch(self, path: Path) -> Iterator[None]:
        folder = Path(os.path.relpath(path.parent, self._tree.root)).as_posix()
        self._now = self._opened[folder]
        try:
            return (yield)
        finally:
            self._now = None


def pytest_configure(config: pytest.Config) -> None:
    """Watch the run."""
    config.pluginmanager.register(Reads(Tree(config.rootpath)))
