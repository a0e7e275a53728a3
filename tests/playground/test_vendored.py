"""What others wrote is as they published it."""

from __future__ import annotations

import hashlib
import tomllib

from playground.app import PAGE

VENDORED = PAGE / "vendor" / "wavesurfer"
LOCK = tomllib.loads((VENDORED / "vendor.lock").read_text())


def test_the_vendored_files_are_those_of_the_lock() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDORED.iterdir()
        if path.name != "vendor.lock"
    }
    assert found == {name: file["sha256"] for name, file in LOCK["files"].items()}


def test_its_licence_is_there() -> None:
    assert LOCK["licence"] == "BSD-3-Clause"
    assert "BSD 3-Clause License" in (VENDORED / "LICENSE").read_text()


def test_the_page_names_nothing_that_is_elsewhere() -> None:
    for path in PAGE.rglob("*"):
        if path.suffix in {".html", ".css", ".js"} and VENDORED not in path.parents:
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in text, path
            assert "https://" not in text, path
