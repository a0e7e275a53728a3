"""Real arrivals, from a CSV file: a timestamp, and the audio's length in seconds if it is known."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tools.capacity.traffic import DAY_S, Lengths, Traffic, in_order

_MILLISECONDS_FROM = 1e11  # as seconds, that is in the year 5138


class BadTrace(ValueError):
    """A file is no trace; the message says what and where."""


def read_trace(file: Path, lengths: Lengths, days: float | None = None, seed: int = 0) -> Traffic:
    """Read real arrivals, in any order.

    Args:
        file: CSV; first column a time in ISO 8601 (UTC unless it says otherwise) or in seconds,
            second column, if there is one, seconds of audio; a heading is skipped.
        lengths: of the audio, where the file does not say.
        days: how long the trace stands for; from its first job to its last if None.
        seed: of what is drawn.

    Raises:
        BadTrace: it cannot be read; the message names the line.
    """
    found = list(_jobs(file))
    if len(found) < 2:
        raise BadTrace(f"{file.name}: a trace has two jobs at least")
    times = np.array([at for at, _ in found])
    known = np.array([audio for _, audio in found if audio is not None])
    if len(known) not in {0, len(found)}:
        raise BadTrace(f"{file.name}: the audio's length is in some lines and not in others")
    audio = known if len(known) else lengths.draw(np.random.default_rng(seed), len(found))
    times -= times.min()
    return in_order(times, audio, _period(file.name, float(times.max()), len(times), days))


def read_lengths(file: Path) -> Lengths:
    """Lengths to draw from: the last column of a CSV file, in seconds; a heading is skipped.

    Raises:
        BadTrace: it cannot be read; the message names the line.
    """
    found = []
    for number, row in _lines(file):
        length = _number(row[-1])
        if math.isnan(length) and number == 1:
            continue
        found.append(_checked(length, f"{file.name}, line {number}: the last column"))
    if not found:
        raise BadTrace(f"{file.name}: it is empty")
    return Lengths(float(np.mean(found)), sample=np.array(found))


def _period(name: str, span_s: float, jobs: int, days: float | None) -> float:
    if span_s == 0:
        raise BadTrace(f"{name}: all jobs come at the same time")
    if days is None:
        return span_s * jobs / (jobs - 1)  # the last job's gap, too
    if days * DAY_S < span_s:
        raise BadTrace(f"{name}: the trace is longer than {days:g} days")
    return days * DAY_S


def _jobs(file: Path) -> Iterator[tuple[float, float | None]]:
    """Time and length of each job."""
    for number, row in _lines(file):
        at, place = _time(row[0].strip()), f"{file.name}, line {number}"
        if at is None and number == 1:
            continue
        if at is None:
            raise BadTrace(f"{place}: the first column is no time")
        if at > _MILLISECONDS_FROM:
            raise BadTrace(f"{place}: seconds are asked for, not milliseconds")
        known = len(row) > 1 and row[1].strip()
        yield at, _checked(_number(row[1]), f"{place}: the second column") if known else None


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTrace(f"{file.name}: cannot be read as text: {type(error).__name__}") from None
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if any(cell.strip() for cell in row):
            yield number, row


def _checked(length: float, place: str) -> float:
    if not 0 < length < math.inf:
        raise BadTrace(f"{place} is no length in seconds")
    return length


def _time(cell: str) -> float | None:
    number = _number(cell)
    if math.isfinite(number):
        return number
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
