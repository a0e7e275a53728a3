"""Who said what: the words of a recognition, given to the speakers of a diarization."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

# Words lie between the ends of turns where the recogniser's VAD waits longer for more speech.
NEAR_MS = 1_000

Span = tuple[float, float]  # start and end, in any one unit


class Turn(NamedTuple):
    """A stretch of one speaker's speech."""

    start: float
    end: float
    speaker: str


def speakers_of(
    words: Iterable[Span], turns: Sequence[Turn], within: float
) -> Iterator[str | None]:
    """Who says each word: the speaker whose turns overlap it most, else that of the nearest turn.

    Args:
        words: where each of them is, in the unit of the turns.
        turns: in order, without overlap.
        within: a turn that is farther from a word than this tells nothing of it.

    Yields:
        A speaker for each word; None if no turn is near.
    """
    ends = [turn.end for turn in turns]
    for word in words:
        first = max(0, bisect_right(ends, word[0]) - 1)  # the last that ends before the word
        yield _speaker(word, _from(turns, first, word[1]), within)


def _from(turns: Sequence[Turn], first: int, end: float) -> Iterator[Turn]:
    """The turns from that number on, up to the first that begins behind the word's end."""
    for number in range(first, len(turns)):
        yield turns[number]
        if turns[number].start >= end:
            return


def _speaker(word: Span, near: Iterable[Turn], within: float) -> str | None:
    start, end = word
    shares: dict[str, float] = {}
    nearest, distance = None, within
    for turn in near:
        apart = max(start, turn.start) - min(end, turn.end)  # below zero: so much in common
        if apart < 0:
            shares[turn.speaker] = shares.get(turn.speaker, 0.0) - apart
        elif apart < distance or (nearest is None and apart == within):
            nearest, distance = turn.speaker, apart
    return max(shares, key=lambda name: shares[name]) if shares else nearest
