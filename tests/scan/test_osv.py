"""OSV is asked as it describes itself, in batches and pages, until it answers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests import osv as double
from tests.osv import record
from tools.scan.osv import BATCH, Osv, ScanError
from tools.scan.packages import Package

TOY = Package("PyPI", "toy", "1.0")
RECORDS = [record(f"PYSEC-2026-{n}", ("PyPI", "toy"), ["1.0"], fixed="1.1") for n in range(5)]


@pytest.fixture
def there() -> Iterator[double.Osv]:
    with double.running(RECORDS) as found:
        yield found


@pytest.fixture
def osv(there: double.Osv) -> Iterator[Osv]:
    with Osv(there.url, pauses_s=(0.01, 0.01)) as client:
        yield client


def test_all_packages_are_asked_for_in_as_few_requests_as_there_may_be(
    osv: Osv, there: double.Osv
) -> None:
    packages = [Package("PyPI", f"other-{n}", "1") for n in range(BATCH)]
    found = osv.ids([*packages, TOY])
    assert [len(batch) for batch in there.asked] == [BATCH, 1]
    assert {package for package, ids in found.items() if ids} == {TOY}


def test_an_answer_in_pages_is_read_to_its_end(osv: Osv, there: double.Osv) -> None:
    there.page = 2
    assert osv.ids([TOY])[TOY] == {each["id"] for each in RECORDS}
    assert len(there.asked) == 3


def test_each_record_is_read_once(osv: Osv) -> None:
    ids = [each["id"] for each in RECORDS]
    found = osv.records([*ids, *ids])
    assert list(found) == ids
    assert all(found[name].id == name for name in ids)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_for_a_while_is_asked_again(osv: Osv, there: double.Osv, status: int) -> None:
    there.failures = [status, status]
    assert osv.ids([TOY])[TOY]


def test_no_answer_is_not_taken_for_nothing_found(osv: Osv, there: double.Osv) -> None:
    there.failures = [503] * 3
    with pytest.raises(ScanError, match="status 503"):
        osv.ids([TOY])
    with (
        Osv("http://127.0.0.1:9", pauses_s=()) as nobody,
        pytest.raises(ScanError, match="Connect"),
    ):
        nobody.ids([TOY])


def test_a_record_that_is_gone_is_an_error_at_once(osv: Osv, there: double.Osv) -> None:
    there.failures = []
    with pytest.raises(ScanError, match="status 404"):
        osv.records(["PYSEC-2026-99"])


@pytest.mark.parametrize("answer", [{}, {"results": []}, {"results": [{"vulns": [{}]}]}, []])
def test_an_answer_that_is_none_is_an_error(
    osv: Osv, monkeypatch: pytest.MonkeyPatch, there: double.Osv, answer: object
) -> None:
    monkeypatch.setattr(there, "answer", lambda *_: (200, answer))
    with pytest.raises(ScanError, match="not answer as it should"):
        osv.ids([TOY])


@pytest.mark.parametrize(
    "query",
    [
        {"version": "1", "package": {"name": "toy", "ecosystem": "PyPI"}, "other": 1},
        {"version": "1", "package": {"name": "toy"}},
        {"version": "1", "package": {"purl": "pkg:pypi/toy@1"}},
    ],
)
def test_the_double_refuses_what_osv_refuses(there: double.Osv, query: object) -> None:
    answer = httpx.post(f"{there.url}/v1/querybatch", json={"queries": [query]})
    assert answer.status_code == 400
