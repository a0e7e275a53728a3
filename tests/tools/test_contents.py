"""Where the megabytes of an image go: to packages, models and code, by name."""

from __future__ import annotations

import io
import tarfile

from tools.images.contents import Part, count

PACKAGES = "opt/venv/lib/python3.11/site-packages"
RECORD = "av/__init__.py,,\nav.libs/libx.so,,\n../../../bin/pyav,,\nav-1.0.dist-info/RECORD,,\n"


def entries(files: dict[str, bytes]) -> list[tuple[tarfile.TarInfo, io.BytesIO]]:
    found = []
    for path, content in files.items():
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        found.append((entry, io.BytesIO(content)))
    return found


def test_a_package_has_all_that_its_record_lists_and_the_bytecode_of_it() -> None:
    parts = count(
        entries({
            f"{PACKAGES}/av/__init__.py": b"1",
            f"{PACKAGES}/av/__pycache__/__init__.cpython-311.pyc": b"22",
            f"{PACKAGES}/av.libs/libx.so": b"333",
            "opt/venv/bin/pyav": b"4444",
            f"{PACKAGES}/av-1.0.dist-info/RECORD": RECORD.encode(),
        }), {}
    )  # fmt: skip
    assert parts == {Part("package", "av"): 1 + 2 + 3 + 4 + len(RECORD)}


def test_models_code_and_the_rest_are_told_apart() -> None:
    parts = count(
        entries({
            "models/iic/net/model.pt": b"1",
            "models/iic/net/am.mvn": b"2",
            "app/shared/audio.py": b"33",
            "usr/bin/tini": b"444",
            "usr/share/git-core/templates/description": b"5555",
            f"{PACKAGES}/nobodys.py": b"6",
        }), {}
    )  # fmt: skip
    assert parts == {
        Part("model", "iic/net"): 2,
        Part("code", "/app"): 2,
        Part("tini", "/usr/bin/tini"): 3,
        Part("rest", "/usr/share/git-core"): 4,
        Part("rest", "/opt/venv/lib"): 1,
    }


def test_what_is_as_in_the_base_is_not_counted_and_what_was_changed_is() -> None:
    base = {"etc/same": (1, 0.0), "etc/longer": (1, 0.0), "etc/later": (1, -5.0)}
    files = {"etc/same": b"1", "etc/longer": b"22", "etc/later": b"3"}
    assert count(entries(files), base) == {Part("rest", "/etc"): 3}
