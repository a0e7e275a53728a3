"""`nox -s scan`: what has to be mended is said and fails, and so does not to know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import osv as double
from tests.osv import record
from tools.scan.__main__ import main
from tools.scan.osv import Osv

BAD = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
RECORDS = [
    record("GHSA-1", ("PyPI", "toy"), ["1.0"], fixed="1.1", aliases=["CVE-2026-1"], severity=[BAD]),
    record("DEBIAN-CVE-2026-2", ("Debian:12", "openssl"), ["3.0.1-1"], severity=[BAD],
           upstream=["CVE-2026-2"]),
]  # fmt: skip
TOY = {"type": "library", "name": "toy", "bom-ref": "toy", "purl": "pkg:pypi/toy@1.0"}
SSL = {
    "type": "library", "name": "libssl3", "bom-ref": "base:ssl",
    "purl": "pkg:deb/debian/libssl3@3.0.1-1?distro=debian-12&upstream=openssl%403.0.1-1",
}  # fmt: skip
TINI = {"type": "application", "name": "tini", "bom-ref": "tini"}


@pytest.fixture
def osv() -> Iterator[double.Osv]:
    with double.running(RECORDS) as found:
        yield found


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a workflow's page is written."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def scan(folder: Path, osv: double.Osv, *components: dict[str, str], options: str = "") -> int:
    file = folder / "bill.cdx.json"
    file.write_text(json.dumps({"bomFormat": "CycloneDX", "components": components}))
    arguments = ["vad", "--sbom", str(file), *options.split()]
    return main(arguments, Osv(osv.url, pauses_s=()))


def test_what_has_a_fix_fails_and_is_said_with_what_to_do(
    tmp_path: Path, osv: double.Osv, summary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan(tmp_path, osv, TOY, SSL, TINI) == 1
    text = summary.read_text()
    assert "**1 to be mended**" in text
    assert (
        "| toy (PyPI) | 1.0 | [CVE-2026-1](https://osv.dev/vulnerability/GHSA-1) | 9.8 | 1.1 "
        "| vad: image |  |"
    ) in text
    assert "`nox -s lock -- --upgrade-package NAME`" in text
    assert "pin-base" not in text, "nothing of the base has a fix"
    assert "Not counted: 1 without a fix." in text
    assert "CVE-2026-2" not in text
    assert "Packages looked up: 1 of Debian:12, 1 of PyPI." in text
    assert "no such names: tini." in text
    assert "CVE-2026-1" in capsys.readouterr().out


def test_what_has_none_is_no_failure(tmp_path: Path, osv: double.Osv, summary: Path) -> None:
    assert scan(tmp_path, osv, SSL, options="--all") == 0
    assert "[CVE-2026-2]" in summary.read_text()
    assert "| vad: base | without a fix |" in summary.read_text()


def test_less_than_the_score_that_was_given_is_no_failure(tmp_path: Path, osv: double.Osv) -> None:
    assert scan(tmp_path, osv, TOY, options="--at-least 9.9") == 0


def test_what_osv_does_not_answer_is_a_failure(
    tmp_path: Path, osv: double.Osv, capsys: pytest.CaptureFixture[str]
) -> None:
    osv.failures = [500]
    assert scan(tmp_path, osv, TOY) == 1
    assert "nothing is known of these packages" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", "no JSON"])
def test_a_file_that_is_no_bill_of_materials_is_a_failure(
    tmp_path: Path, osv: double.Osv, text: str
) -> None:
    (tmp_path / "bill").write_text(text)
    assert main(["vad", "--sbom", str(tmp_path / "bill")], Osv(osv.url)) == 1


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["--sbom", "x"], ["vad", "asr", "--image", "x"],
                  ["vad", "--image", "x", "--sbom", "x"]],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
