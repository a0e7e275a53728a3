"""The targets: what can be built, deployed or tested by itself, and the files each one uses.

``//services/vad:image``
    A service's image: its Dockerfile, locks and settings, and what its modules import.
``//provision:image``
    The image that fills a volume with the models of all services.
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
Accelerator = Literal["gpu", "cpu"]

PROVISION = "provision"

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
        folder: the service's folder, the folder of tests, or ``provision``.
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
        *([image(tree, PROVISION)] if f"{PROVISION}/Dockerfile" in tree.files else []),
        *(_endpoint(tree, service, models) for service in services),
        *(_tests(tree, folder) for folder in sorted(folders)),
    ]


def image_folder(name: str) -> str:
    """Where an image's Dockerfile is: a service's, or that of ``provision``."""
    return name if name == PROVISION else f"services/{name}"


def accelerators(tree: Tree, service: str) -> list[Accelerator]:
    """What a service's images may compute on; those for ``cpu`` have packages of their own."""
    return ["gpu", "cpu"] if f"services/{service}/requirements.cpu.txt" in tree.files else ["gpu"]


def deployed_on(tree: Tree, service: str) -> Accelerator:
    """What the image computes on that a service's ``endpoint.toml`` asks for.

    An endpoint on CPUs runs the image that has torch if there is no other.
    """
    wanted = "cpu" if tree.table(f"services/{service}/endpoint.toml").get("cpu") else "gpu"
    return wanted if wanted in accelerators(tree, service) else "gpu"


def image(
    tree: Tree, name: str, models: Models = "hub", accelerator: Accelerator | None = None
) -> Target:
    """The image of a service, or of ``provision``.

    Args:
        tree: where to look.
        name: which.
        models: from the hub, the tiny ones, or none.
        accelerator: what it computes on, if not what its endpoint runs on.
    """
    folder = image_folder(name)
    if name == PROVISION:
        needed = {f"{folder}/{file}" for file in ("Dockerfile", "requirements.txt", "volume.py")}
        needed.add(f"{folder}/with-secrets.sh")
        for service in tree.services():
            needed |= {f"services/{service}/service.toml", f"services/{service}/{LOCK_NAME}"}
        return Target("image", folder, frozenset(needed))
    on_cpu = (accelerator or deployed_on(tree, name)) == "cpu"
    lock = "requirements.cpu.txt" if on_cpu else "requirements.txt"
    needed = {f"{folder}/{name}" for name in ("Dockerfile", "handler.py", lock)}
    needed |= {f"{folder}/service.toml", f"{folder}/{LOCK_NAME}"}
    needed |= {f"{folder}/NOTICE", "LICENSE"}
    # What its labels say of its contract.
    needed |= {f"{folder}/schema/{side}.schema.json" for side in ("input", "output")}
    needed |= {f"provision/{script}" for script in ("install-tini.sh", "with-secrets.sh")}
    if models != "volume":
        needed |= {f"{folder}/download_models.py", "provision/requirements.txt"}
    if on_cpu:
        needed |= {f"{folder}/export_models.py", "provision/export.txt"}
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
