"""OSV answers as its double does. Where OSV_LIVE is set it is asked itself, which is free.

What it is asked about was settled in 2023: the records only grow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from tests.osv import MOST_QUERIES, record, running
from tools.scan.findings import Finding, findings
from tools.scan.osv import URL, Osv
from tools.scan.packages import Package

CURL = "CVE-2023-38545"
CRITICAL = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
RECORDS = [
    record(
        "GHSA-462w-v97r-4m45", ("PyPI", "jinja2"), ["2.4.1"], fixed="2.10.1",
        aliases=["CVE-2019-10906", "PYSEC-2019-217"],
        severity=[
            {"type": "CVSS_V3", "score": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N"}
        ],
    ),
    record(
        f"DEBIAN-{CURL}", ("Debian:12", "curl"), ["7.88.1-10"], fixed="7.88.1-10+deb12u4",
        upstream=[CURL], severity=[CRITICAL],
    ),
    record(
        "USN-6429-1", ("Ubuntu:22.04:LTS", "curl"), ["7.81.0-1ubuntu1.13"],
        fixed="7.81.0-1ubuntu1.14", upstream=[CURL], severity=[CRITICAL],
    ),
]  # fmt: skip
KNOWN = {
    Package("PyPI", "jinja2", "2.4.1"): ("CVE-2019-10906", "2.10.1"),
    Package("Debian:12", "curl", "7.88.1-10"): (CURL, "7.88.1-10+deb12u4"),
    Package("Ubuntu:22.04:LTS", "curl", "7.81.0-1ubuntu1.13"): (CURL, "7.81.0-1ubuntu1.14"),
}


@pytest.fixture(params=["double", "osv"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The double's address, and OSV's."""
    if request.param == "osv":
        if not os.environ.get("OSV_LIVE"):
            pytest.skip("asks OSV itself: set OSV_LIVE=1")
        yield URL
        return
    with running(RECORDS) as osv:
        yield osv.url


def look_up(url: str, packages: list[Package]) -> list[Finding]:
    with Osv(url) as osv:
        ids = osv.ids(packages)
        return findings(ids, osv.records(set().union(*ids.values())))


@pytest.mark.parametrize("package", KNOWN, ids=str)
def test_a_known_vulnerability_is_found_with_its_fix(url: str, package: Package) -> None:
    name, fixed = KNOWN[package]
    (found,) = [each for each in look_up(url, [package]) if each.name == name]
    assert fixed in found.fixed


def test_a_version_with_the_fix_does_not_have_it(url: str) -> None:
    mended = {Package(p.ecosystem, p.name, fixed): name for p, (name, fixed) in KNOWN.items()}
    for found in look_up(url, list(mended)):
        assert found.name != mended[found.package]


def test_what_nobody_knows_is_an_empty_answer(url: str) -> None:
    assert look_up(url, [Package("PyPI", "no-such-package-of-anybodys", "1.0")]) == []


QUERY = {"package": {"ecosystem": "PyPI", "name": "jinja2"}, "version": "2.4.1"}
REFUSED = [
    {"queries": [QUERY] * (MOST_QUERIES + 1)},
    {"queries": [{"package": {"purl": "pkg:pypi/jinja2@2.4.1"}, "version": "2.4.1"}]},
]


@pytest.mark.parametrize("body", REFUSED, ids=["too many", "two versions"])
def test_what_osv_refuses_the_double_refuses(url: str, body: object) -> None:
    assert httpx.post(f"{url}/v1/querybatch", json=body, timeout=60).status_code == 400


def test_a_record_that_is_none_is_not_found(url: str) -> None:
    assert httpx.get(f"{url}/v1/vulns/GHSA-0000-0000-0000", timeout=60).status_code == 404
