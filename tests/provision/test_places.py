"""A model's place holds the whole right model, or what was there before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.models.lock import LOCK_NAME, Lock
from tests.provision.conftest import MODEL, NEEDED, Place
from tools.workspace import TINY_MODELS


@pytest.mark.parametrize(
    "damage",
    [
        lambda model: (model / "model.pt").write_bytes(b"x"),
        lambda model: (model / "model.pt").write_bytes(bytes(300_000)),
        lambda model: (model / "config.yaml").unlink(),
        lambda model: (model / LOCK_NAME).unlink(),
        lambda model: (model / LOCK_NAME).write_text("{"),
    ],
    ids=["truncated", "altered", "file gone", "lock gone", "lock cut"],
)
def test_damage_is_found_by_verify_and_mended_by_the_next_run(place: Place, damage: object) -> None:
    place.run()
    assert callable(damage)
    damage(place.model)
    place.error("--verify")
    assert place.run().returncode == 0
    assert place.whole()


def test_verify_needs_no_network(place: Place) -> None:
    place.run()
    place.hub.requests.clear()
    done = place.run("--verify")
    assert (done.returncode, "whole" in done.stdout) == (0, True)
    assert not place.hub.requests


def test_verify_says_how_to_fetch_what_is_not_there(place: Place) -> None:
    assert "fetch it with `nox -s models-a-service`" in place.error("--verify")


def test_the_download_of_another_model_is_left_alone(place: Place) -> None:
    other = place.models / ".incoming" / "other--model@v1" / "model.pt.incomplete"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"half")
    assert place.run().returncode == 0
    assert place.whole()
    assert other.read_bytes() == b"half"


def test_a_successor_replaces_the_model_in_its_place(place: Place) -> None:
    place.run()
    (place.origin / "model.pt").write_bytes(b"another")
    place.write_lock()
    assert "fetched and verified" in place.run().stdout
    assert place.whole()
    assert not any(place.models.glob(".*"))


def test_files_no_lock_knows_are_taken_as_they_come_and_said(place: Place) -> None:
    place.write_lock("config.yaml", "configuration.json")
    done = place.run()
    beside = Lock.read(place.model / LOCK_NAME).model(MODEL)
    assert beside is not None
    (weights,) = (entry for entry in beside.files if entry.path == "model.pt")
    assert f"not in models.lock, taken as it came: model.pt 300000 {weights.sha256}" in done.stdout
    assert "there already" in place.run().stdout


def test_lock_writes_down_what_the_hub_has(place: Place) -> None:
    (place.service / LOCK_NAME).unlink()
    assert place.run("--lock").returncode == 0
    locked = Lock.read(place.service / LOCK_NAME).model(MODEL)
    assert locked is not None
    assert {entry.path for entry in locked.files} == set(NEEDED)
    locked.check(place.origin)


def test_a_file_changed_on_the_hub_is_refused_until_it_is_locked_anew(place: Place) -> None:
    place.run("--lock")
    shutil.rmtree(place.models)
    (place.origin / "config.yaml").write_text("model: Y\n")
    assert "config.yaml is not the file" in place.error()
    assert place.run("--lock").returncode == 0
    assert place.whole()


def test_lock_takes_the_new_file_though_the_old_one_is_in_place(place: Place) -> None:
    place.run()
    (place.origin / "config.yaml").write_text("model: Y\n")
    place.run("--lock")
    assert place.whole()
    assert "there already" in place.run().stdout


def test_a_lock_of_another_revision_is_outdated(place: Place) -> None:
    place.write_spec("v2")
    error = place.error()
    assert "service.toml asks for v2, models.lock is about v1.2" in error
    assert "--lock" in error


def test_a_folder_can_stand_for_the_hub(place: Place) -> None:
    place.environment["MODELSCOPE_ENDPOINT"] = "http://127.0.0.1:9"
    assert place.run("--from", str(place.hub.root)).returncode == 0
    assert place.whole()


def test_a_folder_with_a_lock_of_its_own_is_taken_by_it(tmp_path: Path) -> None:
    target = tmp_path / "models"
    command = [sys.executable, "-m", "services.vad.download_models", "--to", str(target)]
    done = subprocess.run(
        [*command, "--from", str(TINY_MODELS)], capture_output=True, text=True, check=True
    )
    assert "tiny-1" in done.stdout
    (lock,) = target.rglob(LOCK_NAME)
    assert Lock.read(lock).models[0].revision == "tiny-1"
    checked = subprocess.run([*command, "--verify"], capture_output=True, text=True, check=True)
    assert "tiny-1: whole (service.toml asks for v2.0.4)" in checked.stdout


def test_a_folder_without_the_model_is_said(place: Place, tmp_path: Path) -> None:
    assert f"has no {MODEL}" in place.error("--from", str(tmp_path))


def test_an_altered_copy_is_refused(place: Place) -> None:
    (place.origin / "model.pt").write_bytes(bytes(300_000))
    assert "model.pt is not the file" in place.error("--from", str(place.hub.root))
    assert not place.model.exists()


def test_a_cache_saves_the_second_download_and_heals(place: Place, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert place.run("--cache", str(cache)).returncode == 0
    place.hub.sent.clear()
    shutil.rmtree(place.models)
    assert place.run("--cache", str(cache)).returncode == 0
    assert (place.whole(), place.hub.sent.total()) == (True, 0)
    (cached,) = cache.rglob("model.pt")
    cached.write_bytes(bytes(300_000))
    shutil.rmtree(place.models)
    assert place.run("--cache", str(cache)).returncode == 0
    assert place.whole()


def test_two_at_once_do_not_hurt_each_other(place: Place) -> None:
    both = [place.start(), place.start()]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    for process in both:
        process.communicate()
    assert place.whole()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted only by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_with_too_little_room_is_found_before_the_download(
    place: Place, small_disk: Path
) -> None:
    error = place.error(to=small_disk / "models")
    assert "needs 0.3 MB more and the disk has 0.1 MB free" in error
    assert not place.hub.sent


def test_a_disk_that_fills_in_the_middle_keeps_no_half_of_a_model(
    place: Place, small_disk: Path
) -> None:
    place.write_lock("config.yaml")
    assert "the disk is full" in place.error(to=small_disk)
    assert not [path for path in small_disk.rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_written_to_is_said(place: Place, small_disk: Path) -> None:
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True)
    assert "cannot be written to" in place.error(to=small_disk / "models")
