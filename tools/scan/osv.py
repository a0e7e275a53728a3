"""The API of OSV (https://google.github.io/osv.dev/api/): what is known of packages.

It is told names and versions of packages, and nothing else.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import httpx
from pydantic import BaseModel, ValidationError

from tools.scan.packages import Package

URL = "https://api.osv.dev"
BATCH = 1000  # the most packages that may be asked for at once
TOGETHER = 8  # records that are read at the same time
PAUSES_S = (1.0, 5.0, 20.0)
TIMEOUT_S = 60.0


class ScanError(Exception):
    """It is not known what there is to find; the message says why."""


class Event(BaseModel):
    """Where a range of versions begins or ends; here only the version that has the fix."""

    fixed: str | None = None


class Range(BaseModel):
    """Versions that are affected."""

    type: str
    events: list[Event] = []


class Severity(BaseModel):
    """How bad it is: a CVSS vector, or a distribution's word."""

    type: str
    score: str


class Name(BaseModel):
    """Which package an advisory is about."""

    ecosystem: str
    name: str


class Affected(BaseModel):
    """What an advisory says of one package."""

    package: Name | None = None
    ranges: list[Range] = []
    severity: list[Severity] = []
    ecosystem_specific: dict[str, Any] = {}


class Record(BaseModel):
    """An advisory (https://ossf.github.io/osv-schema/), as far as it is read here.

    Attributes:
        aliases: the names of the same vulnerability elsewhere.
        upstream: the vulnerabilities that a distribution's advisory is about.
    """

    id: str
    withdrawn: str | None = None
    aliases: list[str] = []
    upstream: list[str] = []
    severity: list[Severity] = []
    affected: list[Affected] = []
    database_specific: dict[str, Any] = {}


class Osv:
    """The database.

    Args:
        url: its address.
        pauses_s: before each further try.
    """

    def __init__(self, url: str = URL, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S)
        self._pauses_s = pauses_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ids(self, packages: Iterable[Package]) -> dict[Package, set[str]]:
        """The ids of all records that say these packages are affected, in these versions.

        Raises:
            ScanError: the database does not answer, or not as it should.
        """
        found: dict[Package, set[str]] = {package: set() for package in packages}
        waiting = [(package, "") for package in found]
        while waiting:
            asked, waiting = waiting[:BATCH], waiting[BATCH:]
            body = {"queries": [_query(package, page) for package, page in asked]}
            answer = self._ask("POST", "/v1/querybatch", body)
            try:
                for (package, _), result in zip(asked, answer["results"], strict=True):
                    found[package] |= {each["id"] for each in result.get("vulns", ())}
                    if page := result.get("next_page_token"):
                        waiting.append((package, page))
            except (KeyError, TypeError, ValueError, AttributeError):
                raise ScanError("OSV does not answer as it should") from None
        return found

    def records(self, ids: Iterable[str]) -> dict[str, Record]:
        """Records by their ids.

        Raises:
            ScanError: the database does not answer, or not as it should.
        """
        names = sorted(set(ids))
        with ThreadPoolExecutor(TOGETHER) as several:
            return dict(zip(names, several.map(self._record, names), strict=True))

    def _record(self, name: str) -> Record:
        try:
            return Record.model_validate(self._ask("GET", f"/v1/vulns/{name}"))
        except ValidationError:
            raise ScanError(f"OSV's record {name} is not as it should be") from None

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask until there is an answer; nothing is changed by asking twice."""
        for pause_s in (*self._pauses_s, None):
            try:
                answer = self._http.request(method, path, json=body)
                reason = f"status {answer.status_code}"
                if answer.is_success:
                    return answer.json()
                if answer.status_code != 429 and answer.status_code < 500:
                    break
            except (httpx.HTTPError, ValueError) as error:
                reason = type(error).__name__
            if pause_s is not None:
                print(f"OSV: {reason}; once more in {pause_s:g} s", file=sys.stderr, flush=True)
                time.sleep(pause_s)
        raise ScanError(f"OSV does not answer ({reason}): nothing is known of these packages")


def _query(package: Package, page: str) -> dict[str, Any]:
    names = {"ecosystem": package.ecosystem, "name": package.name}
    query = {"package": names, "version": package.version}
    return {**query, "page_token": page} if page else query
