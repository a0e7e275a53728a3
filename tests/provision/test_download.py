"""Models come from the hub through ModelScope's unmodified client, and only as their lock says."""

from __future__ import annotations

import time

import pytest

from shared.models.lock import LOCK_NAME, Lock
from tests.hub import Faults
from tests.provision.conftest import MODEL, NEEDED, Place

SIZE = 300_000


def test_the_needed_files_come_and_no_others(place: Place) -> None:
    done = place.run()
    assert done.returncode == 0, done.stderr
    assert place.whole()
    assert f"{MODEL} v1.2: 0.3 MB, fetched and verified" in done.stdout
    assert set(place.hub.sent) == set(NEEDED)
    assert not any(place.models.glob(".*")), "nothing of the download stays"


def test_the_lock_beside_the_model_lists_exactly_its_files(place: Place) -> None:
    place.run()
    beside = Lock.read(place.model / LOCK_NAME).model(MODEL)
    assert beside == Lock.read(place.service / LOCK_NAME).model(MODEL)


def test_everybody_can_read_the_files_and_nothing_goes_to_the_users_home(place: Place) -> None:
    place.run()
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in place.model.iterdir())
    assert not any((place.root / "home").iterdir())


def test_what_is_there_is_not_asked_for_again(place: Place) -> None:
    place.run()
    place.hub.requests.clear()
    assert "there already, verified" in place.run().stdout
    assert not place.hub.requests


def test_a_cut_connection_is_continued(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(cut=200_000, times=1)
    assert place.run().returncode == 0
    assert place.whole()
    assert place.hub.sent["model.pt"] < 1.2 * SIZE


def test_a_passing_failure_of_the_hub_is_waited_out(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(status=500, times=1)
    assert place.run().returncode == 0
    assert place.whole()


def test_a_process_killed_in_the_middle_leaves_nothing_in_place_and_is_continued(
    place: Place,
) -> None:
    place.hub.faults["model.pt"] = Faults(pause_s=0.05)
    process = place.start()
    while place.hub.sent["model.pt"] < SIZE / 3:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not place.model.exists()
    place.hub.faults.clear()
    assert place.run().returncode == 0
    assert place.whole()
    assert place.hub.sent["model.pt"] < 1.5 * SIZE


def test_a_file_that_is_not_the_locked_one_is_refused_by_name(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(flip=1234)
    error = place.error()
    assert f"{MODEL} v1.2: model.pt is not the file models.lock names" in error
    assert "nox -s models-a-service -- --lock" in error
    assert not place.model.exists()


def test_a_model_in_place_stays_when_its_successor_is_refused(place: Place) -> None:
    place.run()
    (place.origin / "model.pt").write_bytes(b"another")
    place.write_lock()
    place.hub.faults["model.pt"] = Faults(flip=0)
    before = (place.model / "model.pt").read_bytes()
    place.error()
    assert (place.model / "model.pt").read_bytes() == before
    assert (place.model / LOCK_NAME).exists()


@pytest.mark.parametrize(
    "lie",
    [Faults(announced=SIZE + 1000), Faults(announced=10), Faults(announced=10**12)],
    ids=["a little more", "less", "endless"],
)
def test_a_hub_that_lies_about_a_length_is_refused(place: Place, lie: Faults) -> None:
    place.hub.faults["model.pt"] = lie
    place.error()
    assert not place.model.exists()


def test_the_lock_counts_and_not_what_the_hub_lists(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(listed=(7, "0" * 64))
    assert place.run().returncode == 0
    assert place.whole()


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "MODELSCOPE_API_TOKEN"), (403, "MODELSCOPE_API_TOKEN"), (404, "service.toml"),
     (500, "keeps failing"), (429, "keeps failing")],
)  # fmt: skip
def test_what_the_hub_answers_instead_is_told_with_what_to_do(
    place: Place, status: int, told: str
) -> None:
    place.hub.faults["model.pt"] = Faults(status=status)
    assert told in place.error()
    assert not place.model.exists()


def test_a_revision_the_hub_does_not_have_is_named(place: Place) -> None:
    place.hub.revisions = ("master",)
    assert f"the hub has no {MODEL} v1.2" in place.error()


def test_a_model_the_hub_does_not_have_is_named(place: Place) -> None:
    place.origin.rename(place.root / "elsewhere")
    assert f"the hub has no {MODEL}" in place.error()


def test_a_hub_that_cannot_be_reached_is_told_with_what_to_do(place: Place) -> None:
    place.environment["MODELSCOPE_ENDPOINT"] = "http://127.0.0.1:9"
    error = place.error()
    assert all(word in error for word in ("HTTPS_PROXY", "MODELSCOPE_ENDPOINT", "Run again"))


def test_nothing_private_is_in_a_message(place: Place) -> None:
    place.environment |= {"MODELSCOPE_API_TOKEN": "sentinel"}
    place.hub.faults["model.pt"] = Faults(status=403)
    done = place.run()
    assert "sentinel" not in done.stdout + done.stderr
