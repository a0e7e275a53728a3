"""Of records a finding is made for each vulnerability, and it is known which of them count."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.osv import record
from tools.scan.findings import Finding, findings
from tools.scan.ignored import FILE, Ignored, ignored, stale, verdict
from tools.scan.osv import Record, ScanError
from tools.scan.packages import Package

TOY, SSL = Package("PyPI", "toy", "1.0"), Package("Debian:12", "openssl", "3.0.1-1")
PYPI, DEBIAN, UBUNTU = ("PyPI", "toy"), ("Debian:12", "openssl"), ("Ubuntu:22.04:LTS", "openssl")
BAD = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}  # 9.8
NEW = {
    "type": "CVSS_V4",
    "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
}
OLD = {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}  # 7.5
TODAY = date(2026, 11, 26)


def found(package: Package, *records: dict[str, Any]) -> list[Finding]:
    read = {each["id"]: Record.model_validate(each) for each in records}
    return findings({package: set(read)}, read)


def scored(*severity: dict[str, str], **more: Any) -> float | None:
    """The score of a record that has these severities."""
    package = Package(*UBUNTU, "1") if severity and severity[0]["type"] == "Ubuntu" else SSL
    name = (package.ecosystem, package.name)
    (one,) = found(package, record("X-1", name, ["1"], severity=list(severity), **more))
    return one.score


def test_records_of_one_vulnerability_are_one_finding() -> None:
    (one,) = found(
        TOY,
        record("PYSEC-2026-1", PYPI, ["1.0"], fixed="1.1", aliases=["CVE-2026-1", "GHSA-1"]),
        record("GHSA-1", PYPI, ["1.0"], fixed="1.1", aliases=["CVE-2026-1"], severity=[BAD]),
    )
    assert one == Finding(TOY, "CVE-2026-1", ("GHSA-1", "PYSEC-2026-1"), 9.8, ("1.1",))


def test_a_vulnerability_without_a_cve_has_the_name_that_its_records_share() -> None:
    (one,) = found(
        TOY,
        record("PYSEC-2026-1", PYPI, ["1.0"], aliases=["GHSA-1"]),
        record("GHSA-1", PYPI, ["1.0"], aliases=["PYSEC-2026-1"]),
    )
    assert one.name == "GHSA-1"


def test_a_notice_about_several_is_a_part_of_each() -> None:
    first, second = found(
        SSL,
        record("DEBIAN-CVE-2026-1", DEBIAN, ["3.0.1-1"], upstream=["CVE-2026-1"], severity=[BAD]),
        record("DEBIAN-CVE-2026-2", DEBIAN, ["3.0.1-1"], upstream=["CVE-2026-2"], severity=[OLD]),
        record(
            "DSA-1-1", DEBIAN, ["3.0.1-1"], fixed="3.0.1-2", upstream=["CVE-2026-1", "CVE-2026-2"]
        ),
    )
    assert (first.name, first.score, first.fixed) == ("CVE-2026-1", 9.8, ("3.0.1-2",))
    assert (second.name, second.score, second.fixed) == ("CVE-2026-2", 7.5, ("3.0.1-2",))


def test_a_fix_in_another_release_or_of_another_package_is_none() -> None:
    here = record("DEBIAN-CVE-2026-1", DEBIAN, ["3.0.1-1"], upstream=["CVE-2026-1"])
    there = [record("X", name, ["3.0.1-1"], fixed="3.0.1-2")["affected"][0]
             for name in (("Debian:13", "openssl"), ("Debian:12", "other"))]  # fmt: skip
    here["affected"] += there
    (one,) = found(SSL, here)
    assert one.fixed == ()


def test_a_commit_is_no_version() -> None:
    here = record("PYSEC-2026-1", PYPI, ["1.0"], fixed="1.1")
    events = [{"introduced": "0"}, {"fixed": "0a1b2c"}]
    here["affected"][0]["ranges"].append({"type": "GIT", "repo": "https://x", "events": events})
    (one,) = found(TOY, here)
    assert one.fixed == ("1.1",)


def test_a_record_that_was_withdrawn_is_none() -> None:
    assert found(TOY, record("PYSEC-1", PYPI, ["1.0"], withdrawn="2026-01-01T00:00:00Z")) == []


def test_the_score_is_cvss_own() -> None:
    assert [scored(each) for each in (BAD, OLD, NEW)] == [9.8, 7.5, 9.3]
    assert scored(OLD, BAD) == 9.8
    assert scored({"type": "CVSS_V3", "score": "CVSS:3.1/AV:Q"}) is None


def test_a_distribution_knows_better_how_bad_it_is_for_what_it_built() -> None:
    assert scored({"type": "Ubuntu", "score": "low"}, BAD) == 0.1
    assert scored(BAD, part={"ecosystem_specific": {"urgency": "unimportant"}}) == 0.0
    assert scored(BAD, part={"ecosystem_specific": {"urgency": "not yet assigned"}}) == 9.8


def test_a_word_stands_where_there_is_no_score() -> None:
    assert scored(database_specific={"severity": "MODERATE"}) == 4.0
    assert scored(BAD, database_specific={"severity": "LOW"}) == 9.8
    assert scored() is None


def test_the_worst_comes_first_and_the_unknown_before_it() -> None:
    records = [
        record("PYSEC-2026-1", PYPI, ["1.0"], severity=[OLD]),
        record("PYSEC-2026-2", PYPI, ["1.0"]),
        record("PYSEC-2026-3", PYPI, ["1.0"], severity=[BAD]),
    ]
    assert [each.name[-1] for each in found(TOY, *records)] == ["2", "3", "1"]


def a_finding(score: float | None = 9.8, fixed: tuple[str, ...] = ("1.1",)) -> Finding:
    return Finding(TOY, "CVE-2026-1", ("GHSA-1",), score, fixed)


ENTRY = Ignored(id="CVE-2026-1", until=TODAY, reason="no worker does that")
VERDICTS: list[tuple[Finding, tuple[Ignored, ...], str]] = [
    (a_finding(), (), ""),
    (a_finding(score=7.0), (), ""),
    (a_finding(score=None), (), ""),
    (a_finding(score=6.9), (), "below 7"),
    (a_finding(fixed=()), (), "without a fix"),
    (a_finding(), (ENTRY,), "ignored until 2026-11-26"),
    (a_finding(), (ENTRY.model_copy(update={"id": "GHSA-1"}),), "ignored until 2026-11-26"),
    (a_finding(), (ENTRY.model_copy(update={"id": "CVE-2026-10"}),), ""),
    (a_finding(), (ENTRY.model_copy(update={"until": date(2026, 11, 25)}),), ""),
]


@pytest.mark.parametrize(("finding", "entries", "why_not"), VERDICTS)
def test_what_counts_has_a_fix_is_bad_enough_and_not_ignored(
    finding: Finding, entries: tuple[Ignored, ...], why_not: str
) -> None:
    assert verdict(finding, 7.0, entries, TODAY) == why_not


def test_entries_that_are_over_or_ignore_nothing_are_named() -> None:
    over = Ignored(id="CVE-2026-1", until=date(2026, 1, 1), reason="no worker does that")
    gone = Ignored(id="CVE-2026-2", until=TODAY, reason="no worker does that")
    assert stale([over, gone, ENTRY], [a_finding()], TODAY) == [
        "CVE-2026-1 was ignored until 2026-01-01", "CVE-2026-2 is ignored and not found here",
    ]  # fmt: skip


def test_the_list_of_this_repository_can_be_read() -> None:
    assert isinstance(ignored(date.today()), tuple)


def test_the_example_in_it_is_one(tmp_path: Path) -> None:
    path = tmp_path / "ignored.toml"
    example = FILE.read_text().partition("\n#\n")[2]
    path.write_text("".join(line.removeprefix("# ") for line in example.splitlines(keepends=True)))
    (entry,) = ignored(TODAY, path)
    assert entry.until == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('until = 2026-12-01\nreason = "no worker does that"', "id"),
        ('id = "CVE-1"\nreason = "no worker does that"', "until"),
        ('id = "CVE-1"\nuntil = 2026-12-01', "reason"),
        ('id = "CVE-1"\nuntil = 2026-12-01\nreason = "no"', "reason"),
        ('id = "CVE-1"\nuntil = 2028-01-01\nreason = "no worker does that"', "more than a year"),
        ("id =", "ignored.toml"),
    ],
)
def test_nothing_is_ignored_without_a_reason_or_for_ever(
    tmp_path: Path, entry: str, words: str
) -> None:
    path = tmp_path / "ignored.toml"
    path.write_text(f"[[ignored]]\n{entry}\n")
    with pytest.raises(ScanError, match=words):
        ignored(TODAY, path)
