"""Whatever the folder, the disk or the other process: only a whole model comes into its place."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from shared.models.lock import LOCK_NAME, Lock
from tests.hub import Faults
from tests.provision.conftest import MODEL, NEEDED, Place, disk

SIZE = 300_000


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("damage", ["altered", "truncated", "missing"])
def test_verify_names_the_file_that_is_damaged(place: Place, name: str, damage: str) -> None:
    place.run("--from", str(place.hub.root))
    file = place.model / name
    *content, last = file.read_bytes()
    file.unlink()
    if damage != "missing":
        file.write_bytes(bytes([*content, last ^ 1] if damage == "altered" else content))
    assert f"{MODEL}: {name}" in place.error("--verify")


def test_a_file_taken_as_it_came_is_accepted_later_without_the_hub(place: Place) -> None:
    place.write_lock("config.yaml")
    place.run()
    place.hub.requests.clear()
    assert "there already, verified" in place.run().stdout
    assert not place.hub.requests


def test_a_file_taken_as_it_came_is_fetched_again_once_it_is_altered(place: Place) -> None:
    place.write_lock("config.yaml")
    place.run()
    (place.model / "model.pt").write_bytes(bytes(SIZE))
    assert place.run().returncode == 0
    assert place.whole()


def test_only_the_damaged_file_of_a_cache_is_fetched_again(place: Place, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    place.run("--cache", str(cache))
    (cached,) = cache.rglob("model.pt")
    cached.write_bytes(bytes(SIZE))
    place.hub.sent.clear()
    assert place.run("--cache", str(cache), to=tmp_path / "second").returncode == 0
    assert set(place.hub.sent) == {"model.pt"}
    assert cached.read_bytes() == (place.origin / "model.pt").read_bytes()


def test_a_folder_that_lacks_one_file_is_said_by_name(place: Place) -> None:
    (place.origin / "model.pt").unlink()
    assert f"has no {MODEL}/model.pt" in place.error("--from", str(place.hub.root))
    assert not place.model.exists()


def test_a_copy_that_differs_from_the_lock_beside_it_is_refused(place: Place) -> None:
    Lock.read(place.service / LOCK_NAME).write(place.origin / LOCK_NAME)
    (place.origin / "model.pt").write_bytes(bytes(SIZE))
    assert "model.pt is not the file" in place.error("--from", str(place.hub.root))
    assert not place.model.exists()


def test_a_folder_of_models_can_itself_be_copied_from(place: Place, tmp_path: Path) -> None:
    place.run()
    place.hub.requests.clear()
    assert place.run("--from", str(place.models), to=tmp_path / "copy").returncode == 0
    assert (tmp_path / "copy" / MODEL / LOCK_NAME).read_bytes() == (
        place.model / LOCK_NAME
    ).read_bytes()
    assert not place.hub.requests


def test_everybody_can_get_at_the_model_whatever_the_umask(place: Place) -> None:
    before = os.umask(0o077)
    try:
        assert place.run().returncode == 0
    finally:
        os.umask(before)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in place.model.iterdir())
    for folder in (place.model, place.model.parent, place.models):
        assert folder.stat().st_mode & 0o777 == 0o755, folder


def test_a_revision_may_have_a_slash_and_nothing_of_its_download_stays(place: Place) -> None:
    place.hub.revisions = ("feature/x",)
    place.write_spec("feature/x")
    place.write_lock(revision="feature/x")
    assert place.run().returncode == 0
    assert place.whole()
    assert not any(place.models.glob(".*"))


def test_two_at_once_download_once(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(pause_s=0.01)
    both = [place.start(), place.start()]
    said = sorted(process.communicate(timeout=120)[0] for process in both)
    assert "fetched and verified" in said[0]
    assert "there already, verified" in said[1]
    assert place.hub.sent["model.pt"] == SIZE


def test_two_at_once_can_share_a_cache(place: Place, tmp_path: Path) -> None:
    # The client would retry away what one does to the other's half of a download.
    place.environment["MODELSCOPE_DOWNLOAD_MAX_RETRIES"] = "0"
    place.hub.faults["model.pt"] = Faults(pause_s=0.01)
    folders = [tmp_path / "first", tmp_path / "second"]
    both = [place.start("--cache", str(tmp_path / "cache"), to=folder) for folder in folders]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said


def test_a_full_disk_beside_a_cache_keeps_no_half_of_a_model(place: Place, tmp_path: Path) -> None:
    with disk(tmp_path / "small", "64k") as small:
        assert "the disk" in place.error("--cache", str(tmp_path / "cache"), to=small / "models")
        assert not [path for path in small.rglob("*") if path.is_file()]


def test_what_has_arrived_counts_when_the_room_for_the_rest_is_looked_at(
    place: Place, tmp_path: Path
) -> None:
    with disk(tmp_path / "small", "400k") as small:
        place.interrupt(at=SIZE // 2, by=signal.SIGKILL, to=small)
        done = place.run(to=small)
        assert done.returncode == 0, done.stderr
