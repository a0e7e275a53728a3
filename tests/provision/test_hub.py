"""What the hub does wrong is survived, or refused and told; the lock has the last word."""

from __future__ import annotations

import signal

import pytest

from tests.hub import LISTING, Faults, Hub
from tests.provision.conftest import MODEL, REVISION, Place

SIZE = 300_000
LIES = [Faults(listed=(7, "0" * 64)), Faults(listed=(SIZE, "0" * 64))]


@pytest.fixture
def unlocked(place: Place) -> Place:
    """The lock knows nothing of the weights, so the hub's listing is asked for."""
    place.write_lock("config.yaml")
    return place


def test_only_what_a_killed_process_had_not_yet_written_is_sent_again(place: Place) -> None:
    arrived, _ = place.interrupt(at=SIZE // 2, by=signal.SIGKILL)
    assert not place.model.exists()
    with Hub(place.hub.root, (REVISION,)) as place.hub:
        assert place.run().returncode == 0
        assert place.whole()
        assert place.hub.sent["model.pt"] == SIZE - arrived


def test_a_file_without_an_end_is_refused(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(endless=True)
    assert "model.pt" in place.error()
    assert not place.model.exists()


def test_after_a_refused_download_an_honest_hub_is_enough(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(announced=10)
    place.error()
    place.hub.faults.clear()
    assert place.run().returncode == 0
    assert place.whole()


@pytest.mark.parametrize("lie", LIES, ids=["size", "hash"])
def test_the_lock_counts_even_when_the_listing_is_read_for_another_file(
    place: Place, lie: Faults
) -> None:
    place.write_lock("model.pt")
    place.hub.faults["model.pt"] = lie
    assert place.run().returncode == 0
    assert place.whole()
    assert any("/repo/files" in request for request in place.hub.requests)


@pytest.mark.parametrize("lie", LIES, ids=["size", "hash"])
def test_a_hub_at_odds_with_its_own_listing_is_refused(unlocked: Place, lie: Faults) -> None:
    unlocked.hub.faults["model.pt"] = lie
    error = unlocked.error()
    assert f"{MODEL} {REVISION}: model.pt" in error
    assert not unlocked.model.exists()
    assert "models.lock names" not in error, "the lock does not know the file"


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "MODELSCOPE_API_TOKEN"), (403, "MODELSCOPE_API_TOKEN"), (404, "service.toml")],
)
def test_what_the_hub_answers_instead_of_its_listing_is_told_with_what_to_do(
    unlocked: Place, status: int, told: str
) -> None:
    unlocked.hub.faults[LISTING] = Faults(status=status)
    assert told in unlocked.error()
    assert not unlocked.model.exists()


def test_a_listing_that_fails_in_passing_is_waited_out(unlocked: Place) -> None:
    unlocked.hub.faults[LISTING] = Faults(status=500, times=1)
    assert unlocked.run().returncode == 0
    assert unlocked.whole()


def test_a_file_the_hub_does_not_list_is_named(unlocked: Place) -> None:
    (unlocked.origin / "model.pt").unlink()
    assert f"the hub has no {MODEL} {REVISION} with model.pt" in unlocked.error()


def test_the_lasting_failure_is_told_and_not_the_passing_one_before_it(place: Place) -> None:
    place.environment["MODELSCOPE_DOWNLOAD_MAX_RETRIES"] = "0"
    place.hub.faults |= {"config.yaml": Faults(status=500), "model.pt": Faults(announced=10)}
    assert f"{MODEL} {REVISION}: model.pt is not the file" in place.error()
