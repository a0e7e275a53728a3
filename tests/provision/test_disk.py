"""What the file system refuses is said in one line, with the path and the reason."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.models.lock import LOCK_NAME, Lock
from tests.provision.conftest import MODEL, Place, disk


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """What begins in this context can write no larger files: ``ulimit -f``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_the_system_does_not_let_grow_is_named(place: Place) -> None:
    with files_up_to(100_000):
        process = place.start()
    _, err = process.communicate(timeout=120)
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert "model.pt: File too large" in line
    assert (process.returncode, "Traceback" in err) == (1, False)


def test_a_name_that_is_too_long_is_told(place: Place) -> None:
    error = place.error(to=place.root / ("x" * 300))
    assert f"x: {os.strerror(errno.ENAMETOOLONG)}" in error


def test_links_in_a_circle_are_told(place: Place) -> None:
    place.models.symlink_to(place.models)
    assert f"{place.models}: " in place.error()


def test_a_missing_service_toml_is_named(place: Place) -> None:
    (place.service / "service.toml").unlink()
    assert f"service.toml: {os.strerror(errno.ENOENT)}" in place.error()


def test_the_disk_that_is_full_is_named(place: Place, tmp_path: Path) -> None:
    place.write_lock("config.yaml")
    with disk(tmp_path / "small", "64k") as cache:
        assert f"the disk is full ({cache}/" in place.error("--cache", str(cache))
    with disk(tmp_path / "other", "64k") as models:
        error = place.error("--cache", str(tmp_path / "cache"), to=models)
        assert f"the disk is full ({models}/" in error


def test_a_lock_that_cannot_be_written_is_named_before_anything_is_downloaded(
    place: Place,
) -> None:
    lock = place.service / LOCK_NAME
    lock.unlink()
    lock.mkdir()
    assert f"a-service/{LOCK_NAME}: {os.strerror(errno.EISDIR)}" in place.error("--lock")
    lock.rmdir()
    assert not place.hub.sent


def test_a_lock_on_a_read_only_disk_is_named_before_anything_is_downloaded(place: Place) -> None:
    spec = (place.service / "service.toml").read_text()
    shutil.rmtree(place.service)
    with disk(place.service, "64k"):
        (place.service / "service.toml").write_text(spec)
        subprocess.run(["mount", "-o", "remount,ro", str(place.service)], check=True)
        assert f"a-service/{LOCK_NAME} cannot be written to" in place.error("--lock")
    assert not place.hub.sent


def test_a_lock_is_written_whole_or_not_at_all(place: Place) -> None:
    path = place.service / LOCK_NAME
    before = path.read_bytes()
    with files_up_to(100), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        Lock.read(path).write(path)
    assert path.read_bytes() == before
    assert {file.name for file in place.service.iterdir()} == {LOCK_NAME, "service.toml"}


def test_a_lock_says_where_it_was_written(place: Place) -> None:
    assert f"wrote {place.root.name}/a-service/{LOCK_NAME}; look" in place.run("--lock").stdout
    assert Lock.read(place.service / LOCK_NAME).model(MODEL)
