"""What a scan found, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.scan.findings import Finding
from tools.scan.packages import Contents

SHOWN = "https://osv.dev/vulnerability/"
ADVICE = {
    "image": "What is above the base: `nox -s lock -- --upgrade-package NAME`, and a push.",
    "base": "What is of the base: `nox -s pin-base -- IMAGE`, a newer one, and a push.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan found.

    Attributes:
        images: what was looked at, a line for each.
        contents: what is in it.
        least: the score from which on a finding counts.
        judged: the findings, and why each does not count; nothing if it does.
        notes: what is to be said besides.
    """

    images: Sequence[str]
    contents: Contents
    least: float
    judged: Sequence[tuple[Finding, str]]
    notes: Sequence[str] = ()

    @property
    def counting(self) -> list[Finding]:
        """The findings that have to be mended."""
        return [finding for finding, why_not in self.judged if not why_not]

    def text(self, *, complete: bool = False) -> str:
        """All of it; if complete, with those that do not count."""
        return "\n".join(["### Vulnerabilities", "", *self._lines(complete=complete), ""])

    def _lines(self, *, complete: bool) -> Iterator[str]:
        yield from (f"- {line}" for line in self.images)
        yield from ("", f"**{len(self.counting)} to be mended**: there is a fix, and the score is "
                        f"{self.least:g} or more, or unknown.")  # fmt: skip
        rows = [(finding, why_not) for finding, why_not in self.judged if complete or not why_not]
        if rows:
            yield from ("", "| package | version | vulnerability | score | fixed in | of | |")
            yield "|---|---|---|---|---|---|---|"
            yield from (self._row(finding, why_not) for finding, why_not in rows)
        if self.counting:
            found = {self._where(finding) for finding in self.counting}
            yield from ("", *(f"- {words}" for where, words in ADVICE.items() if where in found))
        counts = Counter(why_not for _, why_not in self.judged if why_not)
        words = ", ".join(f"{count} {why_not}" for why_not, count in counts.items())
        yield from ("", f"Not counted: {words or 'none'}.")
        yield from ("", *(f"- ignored.toml: {note}" for note in self.notes))
        yield from ("", self._coverage())

    def _row(self, finding: Finding, why_not: str) -> str:
        package = finding.package
        images = self.contents.added.get(package, set()) | self.contents.base.get(package, set())
        cells = [
            f"{package.name} ({package.ecosystem})",
            package.version,
            f"[{finding.name}]({SHOWN}{finding.records[0]})",
            "unknown" if finding.score is None else f"{finding.score:g}",
            ", ".join(finding.fixed) or "-",
            f"{', '.join(sorted(images))}: {self._where(finding)}",
            why_not,
        ]
        return f"| {' | '.join(cells)} |"

    def _where(self, finding: Finding) -> str:
        return "image" if finding.package in self.contents.added else "base"

    def _coverage(self) -> str:
        asked = Counter(package.ecosystem for package in self.contents.packages)
        names = ", ".join(f"{count} of {name}" for name, count in sorted(asked.items()))
        unasked = ", ".join(sorted(self.contents.unasked))
        return (
            f"Packages looked up: {names or 'none'}. Not looked up, as the database has no such "
            f"names: {unasked or 'none'}. Not seen at all: what binary packages carry inside and "
            "do not tell, and what the base has outside of its system's and Python's packages, "
            "such as CUDA's libraries."
        )
