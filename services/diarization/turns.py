"""From labelled windows to turns that do not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

SHORTEST_TURN_MS = 700


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of one speaker's speech: milliseconds, and the speaker's number."""

    start_ms: int
    end_ms: int
    speaker: int


def turns_of(
    windows: Iterable[tuple[int, int]], labels: Sequence[int], shortest_ms: int = SHORTEST_TURN_MS
) -> list[Turn]:
    """Turns of labelled windows.

    Where windows of different speakers overlap, the middle of the overlap parts them. A turn
    shorter than ``shortest_ms`` that touches another is taken for a slip and goes to the
    neighbour it touches, the longer one if there are two.

    Args:
        windows: start and end of each in milliseconds, in order; those of one segment overlap.
        labels: each window's speaker.
        shortest_ms: see above.
    """
    parts = [Turn(*span, label) for span, label in zip(windows, labels, strict=True)]
    return _join(_smooth(_join(_part(_join(parts))), shortest_ms))


def renumbered(turns: Sequence[Turn]) -> tuple[list[Turn], list[int]]:
    """Number speakers by first appearance; some may have lost all they had.

    Returns:
        The turns, and for each new number the one it was.
    """
    heard = list(dict.fromkeys(turn.speaker for turn in turns))
    return [replace(turn, speaker=heard.index(turn.speaker)) for turn in turns], heard


def _join(turns: Sequence[Turn]) -> list[Turn]:
    """Join turns of one speaker that touch or overlap."""
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].speaker == turn.speaker and turn.start_ms <= joined[-1].end_ms:
            joined[-1] = replace(joined[-1], end_ms=max(joined[-1].end_ms, turn.end_ms))
        else:
            joined.append(turn)
    return joined


def _part(turns: Sequence[Turn]) -> list[Turn]:
    """Give each half of an overlap to its nearer turn."""
    parted: list[Turn] = []
    for turn in turns:
        if parted and turn.start_ms < parted[-1].end_ms:
            middle = (turn.start_ms + parted[-1].end_ms) // 2
            parted[-1] = replace(parted[-1], end_ms=middle)
            turn = replace(turn, start_ms=middle)  # noqa: PLW2901 - the same turn, shortened
        parted.append(turn)
    return [turn for turn in parted if turn.end_ms > turn.start_ms]


def _smooth(turns: Sequence[Turn], shortest_ms: int) -> list[Turn]:
    """Give slips to a neighbour."""
    smoothed = list(turns)
    for index, turn in enumerate(turns):
        if turn.end_ms - turn.start_ms >= shortest_ms:
            continue
        touching = [
            other
            for other in (*turns[max(0, index - 1) : index], *turns[index + 1 : index + 2])
            if turn.end_ms == other.start_ms or other.end_ms == turn.start_ms
        ]
        if touching:
            longest = max(touching, key=lambda other: other.end_ms - other.start_ms)
            smoothed[index] = replace(turn, speaker=longest.speaker)
    return smoothed
