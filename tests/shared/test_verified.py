"""Which lock counts, and where models are read from: MODELS_LOCK and MODELS_COPY."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.vad.handler import SERVICE
from shared.contract import ModelInfo
from shared.errors import ModelAltered, ModelNotCopied, ModelOutdated
from shared.models.folder import ModelFolder
from shared.models.lock import LOCK_NAME
from shared.models.verified import verified
from tools.workspace import ROOT, TINY_MODELS

MODEL = SERVICE.spec.model("vad").id
TINY_LOCK = TINY_MODELS / MODEL / LOCK_NAME


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tiny VAD that may be damaged."""
    shutil.copytree(TINY_MODELS / MODEL, tmp_path / "models" / MODEL)
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


def load() -> tuple[ModelFolder, ModelInfo]:
    return verified(SERVICE.spec, "vad")


def alter(models: Path) -> None:
    path = models / MODEL / "model.pt"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)


def test_without_an_images_lock_the_one_beside_the_model_counts(models: Path) -> None:
    assert load()[1].revision == "tiny-1"
    (models / MODEL / LOCK_NAME).unlink()
    assert not load()[1].verified


def test_a_lock_that_is_named_counts_more_than_the_one_beside_the_model(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_LOCK", str(ROOT / "services/vad/models.lock"))
    with pytest.raises(ModelOutdated, match=r"v2\.0\.4 is needed, the volume has tiny-1"):
        load()
    monkeypatch.setenv("MODELS_LOCK", str(TINY_LOCK))
    assert load()[1].verified
    monkeypatch.setenv("MODELS_LOCK", "beside")
    assert load()[1].verified


def test_a_lock_that_is_named_and_not_there_stops_the_start(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_LOCK", str(models / "none.lock"))
    with pytest.raises(ModelAltered, match=r"none\.lock cannot be read"):
        load()


@pytest.fixture(params=["beside", str(TINY_LOCK)], ids=["lock beside it", "image's lock"])
def copies(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where MODELS_COPY asks for copies, whichever lock counts."""
    monkeypatch.setenv("MODELS_LOCK", request.param)
    monkeypatch.setenv("MODELS_COPY", str(tmp_path / "copies"))
    return tmp_path / "copies"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_copy_is_whole_and_is_what_is_loaded(models: Path, copies: Path) -> None:
    folder, info = load()
    assert folder.path.is_relative_to(copies)
    assert (info.revision, info.verified) == ("tiny-1", True)
    shutil.rmtree(models)
    assert SERVICE.spec.model("vad").files == tuple(sorted(path.name for path in files(copies)))
    folder.verify(hash_up_to=None)


def test_a_copy_is_made_once(models: Path, copies: Path) -> None:
    first = load()[0].path
    made = (first / "model.pt").stat()
    assert load()[0].path == first
    assert (first / "model.pt").stat() == made


def test_what_differs_from_the_lock_is_not_copied(models: Path, copies: Path) -> None:
    alter(models)
    with pytest.raises(ModelAltered, match=r"model\.pt differs"):
        load()
    assert not files(copies)


def test_a_copy_that_was_altered_is_not_used(models: Path, copies: Path) -> None:
    (load()[0].path / "model.pt").write_bytes(b"x")
    with pytest.raises(ModelAltered, match=r"model\.pt differs"):
        load()


def test_where_no_copy_can_be_made_the_start_says_so(models: Path, copies: Path) -> None:
    copies.write_text("a file")
    with pytest.raises(ModelNotCopied, match="MODELS_COPY"):
        load()


def test_a_disk_with_too_little_room_is_found_before_anything_is_copied(
    models: Path, copies: Path
) -> None:
    copies.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(copies)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted only by root")
    try:
        with pytest.raises(ModelNotCopied, match=r"needs 0\.4 MB and the disk has 0\.1 MB free"):
            load()
        assert not files(copies)
    finally:
        subprocess.run(["umount", "-l", str(copies)], check=True)


def test_workers_that_start_at_once_share_a_copy(models: Path, copies: Path) -> None:
    code = (
        "from services.vad.handler import SERVICE; from shared.models.verified import verified;"
        "print(verified(SERVICE.spec, 'vad')[0].path)"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert len({worker.communicate(timeout=200)[0] for worker in workers}) == 1
    assert len(files(copies)) == len(SERVICE.spec.model("vad").files)


def test_copies_go_to_the_temporary_folder_unless_one_is_named(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    for asked, copied in (("1", True), ("true", True), ("0", False), ("", False)):
        monkeypatch.setenv("MODELS_COPY", asked)
        assert load()[0].path.is_relative_to(models) is not copied, asked
    assert files(tmp_path / "tmp" / "models")
