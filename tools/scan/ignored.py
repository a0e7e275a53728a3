"""Findings that do not count until a date, for a reason that somebody wrote down."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.scan.findings import Finding
from tools.scan.osv import ScanError

FILE = Path(__file__).with_name("ignored.toml")
LONGEST = timedelta(days=366)  # before somebody has to look again


class Ignored(BaseModel):
    """A finding that does not count.

    Attributes:
        id: its CVE, or the id of a record.
        until: the last day.
        reason: why it does no harm here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    until: date
    reason: str = Field(min_length=10)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ignored: tuple[Ignored, ...] = ()


def ignored(today: date, path: Path = FILE) -> tuple[Ignored, ...]:
    """What the file says.

    Raises:
        ScanError: it is not such a file, or puts something off for more than a year.
    """
    try:
        entries = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).ignored
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise ScanError(f"{path.name}: {error}") from None
    for entry in entries:
        if entry.until > today + LONGEST:
            raise ScanError(f"{path.name}: {entry.id} is ignored for more than a year: look again")
    return entries


def verdict(finding: Finding, least: float, entries: Sequence[Ignored], today: date) -> str:
    """Why a finding does not count; empty if it does: there is a fix, and it is bad enough.

    Args:
        finding: the finding.
        least: the score from which on it is; that of what nobody scored may be.
        entries: what is ignored.
        today: the day it is judged by.
    """
    if not finding.fixed:
        return "without a fix"
    if finding.score is not None and finding.score < least:
        return f"below {least:g}"
    for entry in entries:
        if entry.id in finding.names and entry.until >= today:
            return f"ignored until {entry.until}"
    return ""


def stale(entries: Sequence[Ignored], found: Collection[Finding], today: date) -> list[str]:
    """What there is to be said of entries: that their day is over, or that they ignore nothing."""
    names = {name for finding in found for name in finding.names}
    over = [f"{e.id} was ignored until {e.until}" for e in entries if e.until < today]
    gone = [f"{e.id} is ignored and not found here" for e in entries if e.id not in names]
    return [*over, *gone]
