"""A model on a volume is taken if it is what the image was made for, else refused with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.errors import ModelAltered, ModelError, ModelMissing, ModelOutdated
from shared.models.lock import LOCK_NAME, LockedModel
from shared.models.volume import find
from tests.shared.volumes import FILES, WANTED, Volume, lock_of, write_lock


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path / "volume" / "models")


@pytest.fixture
def expected(tmp_path: Path) -> LockedModel:
    """The lock in the image."""
    return lock_of(Volume(tmp_path / "hub").put())


def test_a_model_that_our_command_put_there_is_taken(volume: Volume, expected: LockedModel) -> None:
    write_lock(volume.put())
    found = find(WANTED, expected, volume.root)
    assert (found.path, found.revision, found.verified) == (volume.place, "v2", True)


@pytest.mark.parametrize(
    "layout",
    [
        "models/iic--a-model/snapshots/master",
        "models/damo--a-model/snapshots/v2",
        "hub/damo/a-model",
        "iic/a-model",
    ],
)
def test_a_model_that_modelscopes_client_put_there_is_taken_by_its_hashes(
    volume: Volume, expected: LockedModel, layout: str
) -> None:
    folder = volume.put(layout)
    (folder / "README.md").write_text("and what else the hub has")
    found = find(WANTED, expected, volume.root)
    assert (found.path, found.revision, found.verified) == (folder, "v2", True)


def test_of_several_revisions_the_one_that_is_meant_is_taken(
    volume: Volume, expected: LockedModel
) -> None:
    volume.put("iic/a-model", weights=b"an older one")
    volume.put("models/iic--a-model/snapshots/master", weights=b"another")
    right = volume.put("models/damo--a-model/snapshots/master")
    assert find(WANTED, expected, volume.root).path == right


def reason(volume: Volume, expected: LockedModel | None, kind: type[ModelError]) -> str:
    with pytest.raises(kind) as caught:
        find(WANTED, expected, volume.root)
    assert str(volume.root) not in str(caught.value)
    return str(caught.value)


def test_a_volume_that_is_not_attached_is_told_from_an_empty_one(
    volume: Volume, expected: LockedModel
) -> None:
    assert "attach the volume" in reason(volume, expected, ModelMissing)
    volume.root.parent.mkdir()
    assert "has no folder of models; fill it with" in reason(volume, expected, ModelMissing)
    volume.root.mkdir()
    assert "iic/a-model is not on the volume; fill it" in reason(volume, expected, ModelMissing)


def test_in_an_image_the_folder_of_models_is_a_link_to_the_volume(
    volume: Volume, expected: LockedModel, tmp_path: Path
) -> None:
    link = Volume(tmp_path / "models")
    link.root.symlink_to(volume.root)
    assert "attach the volume" in reason(link, expected, ModelMissing)
    volume.put()
    assert find(WANTED, expected, link.root).verified


def test_a_model_of_another_revision_is_outdated(volume: Volume, expected: LockedModel) -> None:
    write_lock(volume.put("iic/a-model", weights=b"an older one"), revision="v1")
    error = reason(volume, expected, ModelOutdated)
    assert "v2 is needed, the volume has v1" in error
    assert "`nox -s volume`" in error


def test_a_revision_that_was_locked_anew_is_outdated(volume: Volume, expected: LockedModel) -> None:
    write_lock(volume.put(weights=b"as the hub had it"))
    assert "the volume has other files of it" in reason(volume, expected, ModelOutdated)


def truncate(model: Path) -> None:
    (model / "model.pt").write_bytes(b"weig")


def alter(model: Path) -> None:
    (model / "model.pt").write_bytes(b"Weights")


def remove(model: Path) -> None:
    (model / "model.pt").unlink()


def cut_the_lock(model: Path) -> None:
    (model / LOCK_NAME).write_text("{")


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (truncate, ModelAltered),
        (alter, ModelAltered),
        (remove, ModelMissing),
        (cut_the_lock, ModelAltered),
    ],
)
@pytest.mark.parametrize("older", [False, True], ids=["alone", "with an older one beside"])
def test_damage_is_told_whatever_lies_beside(
    volume: Volume,
    expected: LockedModel,
    damage: Callable[[Path], object],
    kind: type[ModelError],
    older: bool,
) -> None:
    model = volume.put()
    write_lock(model)
    if older:
        write_lock(volume.put("iic/a-model", weights=b"an older one"), revision="v1")
    damage(model)
    reason(volume, expected, kind)


def test_who_alters_the_lock_beside_it_too_is_found_out(
    volume: Volume, expected: LockedModel
) -> None:
    model = volume.put(weights=b"Weights")
    write_lock(model)
    reason(volume, expected, ModelOutdated)
    (model / LOCK_NAME).unlink()
    reason(volume, expected, ModelAltered)


def test_a_large_file_is_compared_by_hash_too(volume: Volume, tmp_path: Path) -> None:
    size = 65 * 2**20
    for folder in (volume.put(), Volume(tmp_path / "hub").put()):
        os.truncate(folder / "model.pt", size)
    expected = lock_of(volume.place)
    with (volume.place / "model.pt").open("r+b") as file:
        file.seek(size // 2)
        file.write(b"x")
    assert "model.pt" in reason(volume, expected, ModelAltered)


def test_a_file_that_the_image_has_no_hash_of_is_taken_by_the_lock_beside_it(
    volume: Volume, tmp_path: Path
) -> None:
    expected = lock_of(Volume(tmp_path / "hub").put(), "model.pt")
    model = volume.put()
    assert not find(WANTED, expected, volume.root).verified
    write_lock(model)
    assert find(WANTED, expected, volume.root).verified
    (model / "config.yaml").write_bytes(b"model: Y\n")
    assert "config.yaml" in reason(volume, expected, ModelAltered)
    (model / LOCK_NAME).unlink()
    (model / "config.yaml").unlink()
    assert "config.yaml" in reason(volume, expected, ModelMissing)


def test_a_model_that_no_lock_knows_is_refused(volume: Volume) -> None:
    model = volume.put()
    assert "no lock says what it has to be" in reason(volume, None, ModelAltered)
    write_lock(model)
    assert find(WANTED, None, volume.root).verified


def test_a_file_no_lock_lists_is_not_used(volume: Volume, expected: LockedModel) -> None:
    (volume.put() / "evil.pt").write_bytes(b"x")
    with pytest.raises(ModelAltered, match="not in its lock"):
        find(WANTED, expected, volume.root).file("evil.pt")
    assert set(FILES) == {entry.path for entry in expected.files}
