"""A target's digest changes with the files it uses, and with no other."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.project import make
from tools.images.engine import EngineError
from tools.images.stage import inputs
from tools.workspace import ROOT, service_names
from tools.workspace.change import Change
from tools.workspace.digest import digest, pack
from tools.workspace.targets import PROVISION, image_folder, targets
from tools.workspace.tree import Tree

CPU = ("requirements.cpu.txt", "endpoint.toml")
Edges = dict[str, list[str]]


def digests(root: Path) -> dict[str, str]:
    tree = Tree(root)
    return {target.label: target.digest(tree) for target in targets(tree)}


def changed(root: Path, edit: Callable[[], object]) -> set[str]:
    """The targets whose digest an edit changes."""
    before = digests(root)
    edit()
    after = digests(root)
    return {
        label for label in before.keys() | after.keys() if before.get(label) != after.get(label)
    }


MODULES = [f"shared/m{number}.py" for number in range(6)]
USERS = {
    "services/a/handler.py": {"//services/a:image", "//services/a:endpoint"},
    "services/b/handler.py": {"//services/b:image", "//services/b:endpoint"},
    "services/a/tests/test_a.py": {"//services/a:tests"},
    "tests/x/test_x.py": {"//tests:x"},
}
IMPORTS = st.fixed_dictionaries(
    {path: st.lists(st.sampled_from(MODULES), max_size=3) for path in [*USERS, *MODULES]}
)


def reached(edges: Edges, path: str) -> set[str]:
    """What a file imports, however deep, and itself."""
    found, waiting = set(), [path]
    while waiting:
        if (at := waiting.pop()) not in found:
            found.add(at)
            waiting += edges[at]
    return found


def source(imports: list[str]) -> str:
    return "".join(f"import {path[:-3].replace('/', '.')}\n" for path in imports)


@given(edges=IMPORTS, touched=st.sampled_from(MODULES), gone=st.booleans())
@settings(deadline=None, max_examples=40)
def test_touching_a_module_changes_the_targets_that_reach_it_and_no_other(
    edges: Edges, touched: str, gone: bool
) -> None:
    with TemporaryDirectory() as folder:
        root = make(Path(folder), {path: source(imports) for path, imports in edges.items()})
        make(root, {f"services/{name}/service.toml": "models = []" for name in "ab"})
        path = root / touched
        users = (labels for user, labels in USERS.items() if touched in reached(edges, user))
        edit = path.unlink if gone else lambda: path.write_text("#")
        assert changed(root, edit) == set[str]().union(*users)


FILES = sorted(Tree().files)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository, to be edited."""
    root = tmp_path_factory.mktemp("copy")
    for path in FILES:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes((ROOT / path).read_bytes())
        (root / path).chmod((ROOT / path).stat().st_mode)
    return root


def test_a_copy_of_this_repository_has_the_same_digests(copy: Path) -> None:
    assert digests(copy) == digests(ROOT)


@settings(deadline=None, max_examples=6)
@given(path=st.sampled_from(FILES))
def test_touching_a_file_of_this_repository_changes_the_targets_that_use_it(
    copy: Path, path: str
) -> None:
    tree, content = Tree(ROOT), (ROOT / path).read_bytes()
    users = {target.label for target in targets(tree) if path in target.inputs(tree)}
    # A comment, where there are such; the graph stays as it is.
    (copy / path).write_bytes(content + b"\n# touched\n")
    try:
        found = {affected.target.label for affected in Change.between(tree, Tree(copy)).affected}
    finally:
        (copy / path).write_bytes(content)
    assert found == users


ALL = service_names()


def test_an_endpoint_on_cpus_has_the_image_without_torch_of_a_service_that_has_one(
    tmp_path: Path,
) -> None:
    root = make(tmp_path)
    lock, endpoint = (root / "services/one" / name for name in CPU)
    lock.write_text("")
    image, deployed = "//services/one:image", "//services/one:endpoint"
    assert changed(root, lambda: lock.write_text("onnxruntime")) == set()
    cpu = '[{flavor = "cpu5c", vcpus = 2}]'
    assert changed(root, lambda: endpoint.write_text(f"cpu = {cpu}")) == {image, deployed}
    assert changed(root, lambda: lock.write_text("other")) == {image, deployed}
    other = root / "services/two/endpoint.toml"
    assert changed(root, lambda: other.write_text(f"cpu = {cpu}")) == {"//services/two:endpoint"}


@pytest.mark.parametrize(
    ("path", "images", "endpoints"),
    [
        ("shared/errors.py", [*ALL, PROVISION], ALL),
        ("shared/nets/speaker/layers.py", ["bundle", "diarization"], ["bundle", "diarization"]),
        ("shared/nets/asr/sanm.py", ["asr", "bundle"], ["asr", "bundle"]),
        ("services/vad/detector.py", ["bundle", "vad"], ["bundle", "vad"]),
        ("services/asr/chunks.py", ["asr", "bundle"], ["asr", "bundle"]),
        ("services/diarization/handler.py", ["diarization"], ["diarization"]),
        ("services/bundle/transcriber.py", ["bundle"], ["bundle"]),
        ("services/vad/requirements.txt", ["vad"], ["vad"]),
        ("services/vad/models.lock", ["vad", PROVISION], ["vad"]),
        ("services/vad/Dockerfile", ["vad"], ["vad"]),
        ("services/vad/service.toml", ["vad", PROVISION], ["vad"]),
        ("services/vad/schema/output.schema.json", ["vad"], ["vad"]),
        ("services/vad/endpoint.toml", [], ["vad"]),
        ("services/vad/README.md", [], []),
        ("services/vad/requirements.cpu.txt", [], []),
        ("services/vad/tests/test_detector.py", [], []),
        ("services/vad/Dockerfile.dockerignore", [], []),
        ("requirements/funasr.txt", [], []),
        ("requirements/dev.txt", [], []),
        ("provision/hub.py", [*ALL, PROVISION], ALL),
        ("provision/volume.py", [PROVISION], []),
        ("tools/images/build.py", [], []),
        ("emulator/runpod_emulator/pool.py", [], []),
        ("docs/3-images.md", [], []),
    ],
)
def test_the_images_and_endpoints_that_use_a_file_of_this_repository(
    path: str, images: list[str], endpoints: list[str]
) -> None:
    tree = Tree()
    users = [target for target in targets(tree) if path in target.inputs(tree)]
    assert path in tree.files
    for kind, names in (("image", images), ("endpoint", endpoints)):
        found = {target.folder for target in users if target.kind == kind}
        assert found == {image_folder(name) for name in names}


@pytest.mark.parametrize("service", [name for name in ALL if name != "bundle"])
def test_the_bundles_tests_are_run_when_a_service_in_it_changes(service: str) -> None:
    code = {
        path
        for path in Tree().matching(f"services/{service}/*.py")
        if "/tests/" not in path and not path.endswith(("/handler.py", "_models.py"))
    }
    (tests,) = (t for t in targets(Tree()) if t.label == "//services/bundle:tests")
    assert code
    assert code <= tests.inputs(Tree()).keys()


@pytest.mark.parametrize("service", ALL)
def test_only_the_bundle_has_other_services_in_its_image(service: str) -> None:
    others = {path.split("/")[1] for path in inputs_of(service, "hub") if path.count("/") > 1 and
              path.startswith("services/")} - {service}  # fmt: skip
    assert others == (set(ALL) - {"bundle"} if service == "bundle" else set())


def test_of_the_models_an_image_uses_what_its_kind_of_models_takes() -> None:
    tiny, hub, volume = (inputs_of("vad", models) for models in ("tiny", "hub", "volume"))
    assert volume < hub < tiny
    assert {path.split("/")[0] for path in tiny - hub} == {"models"}
    assert "services/vad/models.lock" in volume, "what its models have to be"


def inputs_of(service: str, models: str) -> set[str]:
    (found,) = (
        set(target.inputs(Tree()))
        for target in targets(Tree(), models)  # type: ignore[arg-type]
        if target.label == f"//services/{service}:image"
    )
    return found


def test_a_missing_input_is_named_before_anything_is_built(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "services/one/models.lock").unlink()
    with pytest.raises(EngineError, match=r"services/one/models\.lock"):
        inputs("one", "hub", Tree(root))


def test_a_context_is_the_same_bytes_whatever_the_umask_the_time_and_the_order(
    tmp_path: Path,
) -> None:
    paths = ["b/run.sh", "a.txt", "b/c/d.txt"]
    packed = []
    for name, umask, order in (("one", 0o022, paths), ("two", 0o077, paths[::-1])):
        before = os.umask(umask)
        try:
            root = make(tmp_path / name, dict.fromkeys(order, "same"))
        finally:
            os.umask(before)
        (root / "b/run.sh").chmod(0o777 & ~umask)
        os.utime(root / "a.txt", (umask, umask))
        packed.append(pack(Tree(root), order))
    assert packed[0] == packed[1]
    with tarfile.open(fileobj=BytesIO(packed[0])) as archive:
        members = {member.name: member for member in archive}
    assert list(members) == ["a.txt", "b", "b/c", "b/c/d.txt", "b/run.sh"]
    assert {(m.uid, m.gid, m.uname, m.gname) for m in members.values()} == {(0, 0, "", "")}
    assert {name: m.mode for name, m in members.items() if m.isfile()} == {
        "a.txt": 0o644, "b/c/d.txt": 0o644, "b/run.sh": 0o755,
    }  # fmt: skip


@pytest.mark.parametrize(
    "edit",
    [
        lambda path: path.write_text("other"),
        lambda path: path.chmod(0o755),
        lambda path: path.rename(path.with_name("renamed")),
    ],
    ids=["bytes", "executable", "name"],
)
def test_what_counts_of_a_file(tmp_path: Path, edit: Callable[[Path], object]) -> None:
    root = make(tmp_path, {"a": "one"})
    before = digest(Tree(root), Tree(root).files)
    edit(root / "a")
    assert digest(Tree(root), Tree(root).files) != before
