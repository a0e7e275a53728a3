"""What records say of a package: a finding for each vulnerability, whoever tells of it.

Several records are about one vulnerability: Python's own and GitHub's, a distribution's tracker and
its notices. One notice may be about several. So findings go by the CVE.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from cvss import CVSS2, CVSS3, CVSS4, CVSSError

from tools.images.bom import normal
from tools.scan.osv import Affected, Record
from tools.scan.packages import Package

VECTORS = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
# The lowest scores that CVSS has these words for.
WORDS = {
    "critical": 9.0, "high": 7.0, "moderate": 4.0, "medium": 4.0, "low": 0.1, "negligible": 0.1,
    "unimportant": 0.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability of a package.

    Attributes:
        package: the package.
        name: its CVE; its first record's id where it has none.
        records: the ids of all records about it.
        score: 0 to 10 as CVSS has it; None if nobody says.
        fixed: the versions that have a fix, of each line of versions one.
    """

    package: Package
    name: str
    records: tuple[str, ...]
    score: float | None
    fixed: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        """All names it goes by."""
        return {self.name, *self.records}


def findings(
    found: Mapping[Package, Collection[str]], records: Mapping[str, Record]
) -> list[Finding]:
    """What was found, the worst first; of what nobody scored it is not known, so it may be."""
    every = [each for package in found for each in _of(package, map(records.get, found[package]))]
    return sorted(
        every, key=lambda each: (-(10.0 if each.score is None else each.score), each.name)
    )


def _of(package: Package, records: Iterable[Record | None]) -> Iterator[Finding]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        if record and not record.withdrawn:
            for name in _vulnerabilities(record):
                groups.setdefault(name, []).append(record)
    for name, group in groups.items():
        group.sort(key=attrgetter("id"))
        parts = [(record, part) for record in group for part in _about(package, record)]
        scores = [score for record, part in parts if (score := _score(record, part)) is not None]
        versions = (event.fixed for _, part in parts for r in part.ranges if r.type != "GIT"
                    for event in r.events)  # fmt: skip
        yield Finding(
            package,
            name,
            tuple(record.id for record in group),
            max(scores, default=None),
            tuple(dict.fromkeys(filter(None, versions))),
        )


def _vulnerabilities(record: Record) -> set[str]:
    names = {record.id, *record.aliases, *record.upstream}
    return {name for name in names if re.match(r"CVE-\d", name)} or {
        min(record.id, *record.aliases) if record.aliases else record.id
    }


def _about(package: Package, record: Record) -> list[Affected]:
    """What a record says of that package in that release, not in another; nothing is a part too."""
    return [
        part
        for part in record.affected
        if part.package
        and part.package.ecosystem == package.ecosystem
        and normal(part.package.name) == normal(package.name)
    ] or [Affected()]


def _score(record: Record, part: Affected) -> float | None:
    """How bad it is: as the distribution says, which knows how it built it; else as CVSS does."""
    told = [*part.severity, *record.severity]
    words = [part.ecosystem_specific.get("urgency"), *(e.score for e in told if e.type == "Ubuntu")]
    vectors = [_base_score(each.type, each.score) for each in told]
    for ways in (
        map(_of_word, words), vectors, [_of_word(record.database_specific.get("severity"))],
    ):  # fmt: skip
        if scores := [score for score in ways if score is not None]:
            return max(scores)
    return None


def _of_word(word: object) -> float | None:
    return WORDS.get(str(word).lower())


def _base_score(kind: str, vector: str) -> float | None:
    try:
        return float(VECTORS[kind](vector).base_score)
    except (KeyError, CVSSError):
        return None
