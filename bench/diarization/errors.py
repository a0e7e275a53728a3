"""Diarization error rate, as pyannote.metrics computes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate


class Said(NamedTuple):
    """Who spoke when, in seconds."""

    start: float
    end: float
    speaker: str


def error_rate(
    found: Iterable[Said], truth: Iterable[Said], duration_s: float, collar_s: float = 0.0
) -> float:
    """Missed, false and wrongly attributed speech, as a share of the speech there is.

    Args:
        found: the turns of a system.
        truth: the turns there are.
        duration_s: of the recording.
        collar_s: what is left out around each border of a true turn, half of it on either side.
    """
    metric = DiarizationErrorRate(collar=collar_s)
    whole = Timeline([Segment(0.0, duration_s)])
    rate: float = metric(_annotation(truth), _annotation(found), uem=whole)
    return rate


def _annotation(turns: Iterable[Said]) -> Annotation:
    annotation = Annotation()
    for number, (start, end, speaker) in enumerate(turns):
        annotation[Segment(start, end), number] = speaker
    return annotation
