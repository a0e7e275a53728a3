"""What an image holds above its base: what was declared, compiled, and nothing else."""

from __future__ import annotations

import re
from tarfile import TarInfo

import docker
import pytest
from docker.models.images import Image

from shared.spec import ServiceSpec
from tests.images.conftest import CPU, EVERY_IMAGE
from tools.images.archive import files as files_of
from tools.images.build import Built
from tools.images.report import layers_above
from tools.workspace import ROOT
from tools.workspace.digest import SOURCE_DATE_EPOCH
from tools.workspace.imports import closure
from tools.workspace.tree import Tree

pytestmark = EVERY_IMAGE

Paths = dict[str, TarInfo]
PLACES = ("app/", "models/", "opt/venv/", "usr/bin/tini")
# Folders above those places, and what the engine itself puts into every container.
PARENTS = {"app", "models", "opt", "opt/venv", "usr", "usr/bin"}


@pytest.fixture(scope="session")
def added(engine: docker.DockerClient, image: Image, base: Image) -> Paths:
    """The paths that the image has and its base has not."""
    below = {member.name for member, _ in files_of(engine, base)}
    return {
        member.name: member for member, _ in files_of(engine, image) if member.name not in below
    }


def files(added: Paths, place: str) -> set[str]:
    return {path for path, member in added.items() if path.startswith(place) and not member.isdir()}


def test_there_is_nothing_outside_of_the_four_places(added: Paths) -> None:
    assert not {path for path in added if not path.startswith(PLACES)} - PARENTS


def test_the_code_is_what_the_handler_imports_and_its_bytecode(added: Paths, name: str) -> None:
    code = {f"app/{path}" for path in closure(Tree(), [f"services/{name}/handler.py"])}
    found = {path for path in files(added, "app/") if not path.endswith(".pyc")}
    assert found == code | {"app/LICENSE", "app/NOTICE", f"app/services/{name}/service.toml"}


def test_every_module_is_compiled(added: Paths) -> None:
    for place in ("app/", "opt/venv/lib/"):
        modules = {path for path in files(added, place) if path.endswith(".py")}
        compiled = {path for path in files(added, place) if path.endswith(".cpython-311.pyc")}
        bytecode = {re.sub(r"([^/]+)\.py$", r"__pycache__/\1.cpython-311.pyc", m) for m in modules}
        assert len(bytecode & compiled) >= 0.99 * len(bytecode)


def test_the_models_are_the_needed_files_and_their_locks(
    added: Paths, name: str, subject: str
) -> None:
    written = ["model.onnx"] if subject == CPU else []
    assert files(added, "models/") == {
        f"models/{model.id}/{file}"
        for model in ServiceSpec.read(ROOT / "services" / name / "service.toml").models
        for file in [*model.files, *written, "models.lock"]
    }


@pytest.mark.parametrize(
    "unwanted",
    [
        r"modelscope", r"/tests/", r"\.cache", r"(^|/)(gcc|cc1|ld)$", r"/pip/", r"Dockerfile",
        r"\.git/", r"download_models", r"^root/", r"^build", r"^cache",
    ],
)  # fmt: skip
def test_there_is_nothing_of_the_build(added: Paths, unwanted: str) -> None:
    assert not [path for path in added if re.search(unwanted, path)]


def test_nothing_belongs_to_the_worker_or_can_be_changed_by_it(added: Paths) -> None:
    for path, member in added.items():
        assert member.uid == 0, path
        assert member.issym() or not member.mode & 0o022, path
        assert member.issym() or member.mode & 0o004, path


def test_everything_bears_the_one_time_whenever_it_was_built(added: Paths) -> None:
    assert {path for path, member in added.items() if member.mtime != SOURCE_DATE_EPOCH} == set()


def test_no_step_of_its_history_tells_a_secret(image: Image, base: Image) -> None:
    steps = " ".join(entry["CreatedBy"] for entry in image.history())
    settings = " ".join(image.attrs["Config"]["Env"])
    for secret in ("secrets", "CERTIFICATE", "TOKEN", "INDEX_URL", "PROXY", "ENDPOINT"):
        assert secret not in (steps + settings).upper().replace("MODELS_DIR", "")
    assert len(layers_above(image, base)) == 3


def test_it_starts_as_an_own_user_below_tini_and_logs_no_job(image: Image, name: str) -> None:
    config = image.attrs["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["tini", "--"]
    assert config["Cmd"] == ["python3", "-m", f"services.{name}.handler"]
    assert {"RUNPOD_LOG_LEVEL=INFO", "MODELS_DIR=/models"} <= set(config["Env"])


def test_the_tag_names_version_inputs_and_weights(built: Built, name: str, subject: str) -> None:
    version = ServiceSpec.read(ROOT / "services" / name / "service.toml").version
    cpu = "-cpu" if subject == CPU else ""
    pattern = rf"local/{name}-service:{re.escape(version)}-[0-9a-f]{{12}}{cpu}-tiny"
    assert re.fullmatch(pattern, built.reference)
