"""A state of the repository: a folder, and the files in it that count."""

from __future__ import annotations

import fnmatch
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.workspace import ROOT


class GitError(Exception):
    """Git is missing, or refused; the message has its words."""


@dataclass(frozen=True)
class Tree:
    """The files below a folder. Paths are relative to it, in POSIX form.

    Attributes:
        root: the folder. In a git checkout all files count but those git ignores; elsewhere, as in
            an unpacked archive, all do.
    """

    root: Path = ROOT

    @cached_property
    def files(self) -> frozenset[str]:
        """Every file that counts, committed or not."""
        if (self.root / ".git").exists():
            listed = git(
                "ls-files", "-z", "--cached", "--others", "--exclude-standard", at=self.root
            )
            paths = iter(listed.split("\0")[:-1])
        else:
            paths = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))
        return frozenset(path for path in paths if (self.root / path).is_file())

    @cached_property
    def modules(self) -> dict[str, str]:
        """The file of each of our modules, by its full name."""
        folders = [f"{folder}/" for folder in self._import_folders()]
        found = {}
        for path in self.files:
            if path.endswith(".py"):
                folder = next((folder for folder in folders if path.startswith(folder)), "")
                name = path.removeprefix(folder).removesuffix(".py").replace("/", ".")
                found[name.removesuffix(".__init__")] = path
        return found

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each module, by its file."""
        return {path: name for name, path in self.modules.items()}

    def read(self, path: str) -> bytes:
        """The content of a file."""
        return (self.root / path).read_bytes()

    def table(self, path: str) -> dict[str, Any]:
        """The content of a TOML file; nothing if there is no such file.

        Raises:
            ValueError: it is none.
        """
        if path not in self.files:
            return {}
        try:
            return tomllib.loads(self.read(path).decode())
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def is_executable(self, path: str) -> bool:
        """Whether a file may be run: all of a file's mode that git keeps."""
        return os.access(self.root / path, os.X_OK)

    def matching(self, pattern: str) -> set[str]:
        """The files a pattern names; ``*`` stands for any text, slashes included."""
        return set(fnmatch.filter(self.files, pattern))

    def services(self) -> list[str]:
        """The services: every folder below ``services/`` with a ``service.toml``."""
        return sorted(path.split("/")[1] for path in self.matching("services/*/service.toml"))

    def _import_folders(self) -> list[str]:
        """Folders beside the root that hold packages, as pytest is told."""
        pytest = self.table("pyproject.toml").get("tool", {}).get("pytest", {})
        found: list[str] = pytest.get("ini_options", {}).get("pythonpath", [])
        return found


@contextmanager
def committed(commit: str, root: Path = ROOT) -> Iterator[Tree]:
    """The repository as it was at a commit, while the context lasts.

    Raises:
        GitError: there is no such commit.
    """
    with tempfile.TemporaryDirectory(prefix="commit-") as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        git("read-tree", commit, at=root, **index)
        git("checkout-index", "--all", f"--prefix={folder}/tree/", at=root, **index)
        yield Tree(Path(folder, "tree"))


def git(*arguments: str, at: Path = ROOT, **environment: str) -> str:
    """What a git command prints.

    Raises:
        GitError: it failed.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(at), *arguments],  # noqa: S607
            capture_output=True, text=True, check=False, env={**os.environ, **environment},
        )  # fmt: skip
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        raise GitError(" ".join(done.stderr.split()) or f"git {arguments[0]} failed")
    return done.stdout
