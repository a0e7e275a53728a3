"""``--verify`` accepts what a worker starts with and what a plain run leaves as it is."""

from __future__ import annotations

from shared.models.lock import LOCK_NAME
from tests.provision.conftest import MODEL, Place


def test_another_models_lock_beside_it_is_refused_as_by_a_worker(place: Place) -> None:
    place.run()
    lock = place.model / LOCK_NAME
    lock.write_text(lock.read_text().replace(MODEL, "someone/else"))
    assert f"the lock beside {MODEL} is another model's" in place.error("--verify")


def test_a_file_that_neither_lock_nor_folder_has_is_refused_as_by_a_worker(place: Place) -> None:
    place.run()
    spec = place.service / "service.toml"
    spec.write_text(spec.read_text().replace('"model.pt"', '"model.pt", "tokens.txt"'))
    assert f"{MODEL}: tokens.txt is not in its lock" in place.error("--verify")


def test_a_stale_lock_of_the_service_is_refused_as_by_a_plain_run(place: Place) -> None:
    place.run()
    place.write_spec("v2")
    assert place.error("--verify") == place.error()


def test_a_service_without_a_lock_is_verified_by_the_one_beside_the_model(place: Place) -> None:
    place.run()
    (place.service / LOCK_NAME).unlink()
    assert "whole" in place.run("--verify").stdout
