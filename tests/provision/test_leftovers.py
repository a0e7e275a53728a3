"""What a process that ended early left behind is continued, put back or removed."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.models.lock import LOCK_NAME
from tests.hub import Faults
from tests.provision.conftest import MODEL, NEEDED, Place

NAME = MODEL.replace("/", "--")


def incoming(place: Place) -> Path:
    return place.models / ".incoming"


def old(place: Place) -> Path:
    """Where a model is while its successor is moved in."""
    incoming(place).mkdir(parents=True, exist_ok=True)
    return incoming(place) / f"{NAME}.ready.old"


@pytest.mark.parametrize(
    "leave",
    [
        lambda path: path.write_text("a file"),
        lambda path: path.symlink_to("/nowhere"),
        lambda path: path.symlink_to("/"),
        lambda path: path.mkdir(),
    ],
    ids=["file", "dangling link", "link", "folder"],
)
def test_whatever_lies_where_the_old_model_is_set_aside_blocks_nothing(
    place: Place, leave: Callable[[Path], object]
) -> None:
    place.run()
    (place.origin / "model.pt").write_bytes(b"another")
    place.write_lock()
    leave(old(place))
    assert place.run().returncode == 0
    assert place.whole()
    assert not incoming(place).exists()


def test_a_model_that_a_killed_process_had_set_aside_is_put_back(place: Place) -> None:
    place.run()
    place.model.rename(old(place))
    place.hub.requests.clear()
    assert "there already, verified" in place.run().stdout
    assert place.whole()
    assert not place.hub.requests
    assert not incoming(place).exists()


def test_a_model_set_aside_is_put_back_also_when_its_successor_cannot_come(place: Place) -> None:
    place.run()
    (place.model / "config.yaml").write_text("of before")
    place.model.rename(old(place))
    place.environment["MODELSCOPE_ENDPOINT"] = "http://127.0.0.1:9"
    place.error()
    assert (place.model / "config.yaml").read_text() == "of before"


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_link_in_the_models_place_is_refused_and_stays(place: Place, target: str) -> None:
    (place.root / "elsewhere").mkdir()
    place.model.parent.mkdir(parents=True)
    place.model.symlink_to(place.root / target)
    assert f"{place.model} is a link" in place.error()
    assert place.model.is_symlink()
    assert not place.hub.sent


def test_a_file_in_the_models_place_is_refused_and_stays(place: Place) -> None:
    place.model.parent.mkdir(parents=True)
    place.model.write_text("mine")
    assert f"{place.model} is a file" in place.error()
    assert place.model.read_text() == "mine"


def test_a_download_that_could_not_be_moved_in_is_not_made_again(place: Place) -> None:
    place.models.mkdir()
    place.model.parent.write_text("a file where the owner's folder has to be")
    place.error()
    place.model.parent.unlink()
    place.hub.sent.clear()
    assert place.run().returncode == 0
    assert place.whole()
    assert not place.hub.sent


def test_told_to_stop_it_leaves_what_has_arrived_and_no_temporary_folder(place: Place) -> None:
    temporary = place.root / "tmp"
    temporary.mkdir()
    place.environment["TMPDIR"] = str(temporary)
    arrived, err = place.interrupt(at=50_000, by=signal.SIGTERM)
    assert arrived >= 50_000
    assert "Traceback" not in err
    assert not any(temporary.iterdir())


@pytest.mark.parametrize("option", ["", "--cache", "--from"])
def test_a_refused_run_leaves_nothing(place: Place, tmp_path: Path, option: str) -> None:
    for name in NEEDED:
        place.hub.faults[name] = Faults(status=404)
    (place.origin / "model.pt").unlink()
    folder = place.hub.root if option == "--from" else tmp_path / "cache"
    place.error(*([option, str(folder)] if option else []))
    assert not incoming(place).exists()
    assert not any((tmp_path / "cache").rglob("*"))


def test_half_a_download_of_a_revision_no_longer_wanted_goes(place: Place) -> None:
    half = incoming(place) / f"{NAME}@v1" / "model.pt.incomplete"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert place.run().returncode == 0
    assert not incoming(place).exists()


def test_who_waits_for_another_run_says_so(place: Place) -> None:
    place.models.mkdir()
    descriptor = os.open(place.models, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        process = place.start()
        assert process.stderr is not None
        assert process.stderr.readline() == f"waiting for another run on {place.models}\n"
    finally:
        os.close(descriptor)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert (place.model / LOCK_NAME).exists()
