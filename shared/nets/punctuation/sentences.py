"""Which mark stands behind each word of a text of any length.

FunASR's rules (``CTTransformer.inference``): the network reads twenty words more at a time, along
with those of the sentence that was not finished. What it says of a finished sentence counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.features import Array

AT_ONCE = 20  # words
LONG = 200  # words of a sentence from which a comma ends it
LONGEST = 500  # words that are read once more; FunASR has no limit, and takes ever longer
COMMA, FULL_STOP, QUESTION, PAUSE = "，", "。", "？", "、"
ENDS = (FULL_STOP, QUESTION)

Read = Callable[[NDArray[np.int64]], Array]


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark behind a word.

    Attributes:
        mark: one of the network's; ``_`` for none.
        logprob: natural logarithm of its posterior.
    """

    mark: str
    logprob: float


def mark(words: Sequence[int], names: Sequence[str], read: Read) -> list[Marked]:
    """Find the marks behind words.

    Args:
        words: numbers in the vocabulary.
        names: the network's marks.
        read: the network; numbers of words to log posteriors of marks, shape (words, marks).

    Returns:
        One for each word; behind the last a sentence ends.
    """
    found: list[Marked] = []
    for end in range(AT_ONCE, len(words) + AT_ONCE, AT_ONCE):
        piece = np.array(words[len(found) : end], dtype=np.int64)
        logprobs = read(piece)
        marks = [names[number] for number in logprobs.argmax(axis=1)]
        if end < len(words):
            _cut(marks)
        elif marks[-1] not in ENDS:
            marks[-1] = FULL_STOP
        found += [
            Marked(name, float(row[names.index(name)]))
            for name, row in zip(marks, logprobs, strict=False)
        ]
    return found


def _cut(marks: list[str]) -> None:
    """Leave what is settled: up to the last end of a sentence with a word or more behind it."""
    inner = range(len(marks) - 2, 1, -1)
    end = next((place for place in inner if marks[place] in ENDS), -1)
    if end < 0 and len(marks) > LONG:
        end = next((place for place in inner if marks[place] == COMMA), -1)
        if end >= 0:
            marks[end] = FULL_STOP
        elif len(marks) > LONGEST:
            end = len(marks) - 2
    del marks[end + 1 :]
