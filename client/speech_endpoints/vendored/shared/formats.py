"""Segments as the text files other tools read, and back.

RTTM: NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", appendix A.
Audacity: its label tracks, tab-separated start, end and label. CSV: RFC 4180 with a header.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Literal, NamedTuple

TextFormat = Literal["rttm", "audacity", "csv"]

_CSV_HEADER = ["start", "end", "label"]


class Labelled(NamedTuple):
    """A stretch of a recording in seconds, three decimals, and what it is."""

    start: float
    end: float
    label: str


def render(segments: Iterable[Labelled], form: TextFormat, recording: str = "audio") -> str:
    """Write segments as text.

    Args:
        segments: in order.
        form: the kind of file.
        recording: the name RTTM lines carry.

    Raises:
        ValueError: the name holds whitespace, which separates the fields of RTTM.
    """
    if form == "rttm":
        if len(recording.split()) != 1:
            raise ValueError("the name of a recording in RTTM is one word")
        return "".join(
            f"SPEAKER {recording} 1 {s.start:.3f} {s.end - s.start:.3f} "
            f"<NA> <NA> {s.label} <NA> <NA>\n"
            for s in segments
        )
    if form == "audacity":
        return "".join(f"{s.start:.3f}\t{s.end:.3f}\t{s.label}\n" for s in segments)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CSV_HEADER)
    writer.writerows((f"{s.start:.3f}", f"{s.end:.3f}", s.label) for s in segments)
    return text.getvalue()


def parse(text: str, form: TextFormat) -> list[Labelled]:
    """Read what ``render`` wrote.

    Raises:
        ValueError: a line is not of that format.
    """
    try:
        if form == "rttm":
            return [_from_rttm(line.split()) for line in text.splitlines()]
        if form == "audacity":
            rows = [line.split("\t") for line in text.splitlines()]
        else:
            header, *rows = csv.reader(io.StringIO(text, newline=""))
            if header != _CSV_HEADER:
                raise ValueError(header)
        return [Labelled(float(start), float(end), label) for start, end, label in rows]
    except (ValueError, IndexError):
        raise ValueError(f"not a {form} file of segments") from None


def _from_rttm(words: list[str]) -> Labelled:
    start, duration = float(words[3]), float(words[4])
    return Labelled(start, round(start + duration, 3), words[7])
