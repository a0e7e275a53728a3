"""The targets: what can be built, deployed or tested by itself, and the files each one uses.

``//services/vad:image``
    A service's image: its Dockerfile, locks and settings, and what its modules import.
``//services/vad:endpoint``
    The endpoint that runs it: that image, and ``endpoint.toml``.
``//services/vad:tests``, ``//tests:docs``
    Every folder with tests in it: what is in that folder and what that imports, the environment
    the tests run in, and the other files they read. Those no import tells, so the folder's
    ``__init__.py`` declares them: ``DATA``, a tuple of patterns. The tests of a service use its
    tiny weights and settings without saying so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Literal

from shared.models.lock import LOCK_NAME
from shared.models.spec import asked_for
from tools.workspace.digest import digest
from tools.workspace.imports import closure
from tools.workspace.tree import Tree

Kind = Literal["image", "endpoint", "tests"]
Models = Literal["hub", "tiny", "volume"]

TEST_ENVIRONMENT = (
    "pyproject.toml",
    "requirements/dev.txt",
    "requirements/funasr.txt",
    "tools/environment.py",
)


@dataclass(frozen=True)
class Target:
    """A thing that can be built, deployed or tested.

    Attributes:
        kind: which of these.
        folder: the service's folder, or the folder of tests.
        roots: the files it declares; what they import belongs to it too.
    """

    kind: Kind
    folder: str
    roots: frozenset[str]

    @property
    def label(self) -> str:
        """Its name, as Bazel would write it."""
        if self.kind == "tests":
            parent, _, name = self.folder.rpartition("/")
            return f"//{parent}:{name}"
        return f"//{self.folder}:{self.kind}"

    def inputs(self, tree: Tree) -> dict[str, str | None]:
        """Each file it uses, there or not, and which other one imports it."""
        return closure(tree, self.roots)

    def digest(self, tree: Tree) -> str:
        """SHA-256, in hex, of its inputs, as far as they are there."""
        return digest(tree, self.inputs(tree).keys() & tree.files)


def targets(tree: Tree, models: Models = "hub") -> list[Target]:
    """All targets of a state of the repository; the images with models of that kind.

    Raises:
        ValueError: a ``service.toml`` or a declaration cannot be read.
    """
    services = tree.services()
    folders = {path.rpartition("/")[0] for path in tree.matching("*/test_*.py")}
    return [
        *(image(tree, service, models) for service in services),
        *(_endpoint(tree, service, models) for service in services),
        *(_tests(tree, folder) for folder in sorted(folders)),
    ]


def image(tree: Tree, service: str, models: Models = "hub") -> Target:
    """A service's image, with its models from the hub, the tiny ones, or none."""
    folder = f"services/{service}"
    needed = {f"{folder}/{name}" for name in ("Dockerfile", "handler.py", "requirements.txt")}
    needed.add(f"{folder}/service.toml")
    # What its labels say of its contract.
    needed |= {f"{folder}/schema/{side}.schema.json" for side in ("input", "output")}
    needed |= {f"provision/{script}" for script in ("install-tini.sh", "with-secrets.sh")}
    if models != "volume":
        needed |= {f"{folder}/download_models.py", f"{folder}/{LOCK_NAME}"}
        needed.add("provision/requirements.txt")
    if models == "tiny":
        needed.update(_tiny_weights(tree, folder))
    return Target("image", folder, frozenset(needed))


def _endpoint(tree: Tree, service: str, models: Models) -> Target:
    made = image(tree, service, models)
    return Target("endpoint", made.folder, made.roots | {f"{made.folder}/endpoint.toml"})


def _tests(tree: Tree, folder: str) -> Target:
    needed = {*TEST_ENVIRONMENT, *tree.matching(f"{folder}/*")}
    needed |= {str(above / "conftest.py") for above in PurePosixPath(folder).parents} & tree.files
    parent = folder.rpartition("/")[0]
    if f"{parent}/service.toml" in tree.files:
        needed |= {f"{parent}/service.toml", *_tiny_weights(tree, parent)}
    for pattern in _data(tree, folder):
        needed |= tree.matching(pattern)
    return Target("tests", folder, frozenset(needed))


def _tiny_weights(tree: Tree, folder: str) -> Iterator[str]:
    for model in asked_for(tree.table(f"{folder}/service.toml")):
        yield from (f"models/tiny/{model.id}/{name}" for name in (*model.files, LOCK_NAME))


def _data(tree: Tree, folder: str) -> tuple[str, ...]:
    """The patterns that a folder of tests declares.

    Raises:
        ValueError: ``DATA`` is something else.
    """
    path = f"{folder}/__init__.py"
    return _declared(tree.read(path), path) if path in tree.files else ()


@cache
def _declared(source: bytes, path: str) -> tuple[str, ...]:
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="DATA")], value=value):
                found = ast.literal_eval(value)
                if not isinstance(found, tuple):
                    raise ValueError(f"{path}: DATA is not a tuple of patterns")
                return found
    return ()
