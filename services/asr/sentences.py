"""Sentences out of words: where punctuation ends one, or a pause does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import category, normalize

from services.asr.words import Word, words_of
from shared.nets.asr import Transcript

PAUSE_MS = 1_000  # between words; a longer one ends a sentence that has no punctuation
_ENDS = frozenset(".。!?;")  # after NFKC, by which "…" is "..." and fullwidth signs are these
_QUOTES = "\"'"
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st"})
_BEFORE_NUMBERS = frozenset({"no", "nos", "p", "pp", "vol", "fig"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of speech that belongs together.

    Attributes:
        words: at least one.
        language: code, None where the model does not tell.
        emotion: its name, None where the model does not tell.
        events: what is heard besides.
    """

    words: tuple[Word, ...]
    language: str | None
    emotion: str | None
    events: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is written."""
        return "".join(word.written for word in self.words).strip()

    @property
    def start_ms(self) -> int:
        """Where its first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """Where its last word ends."""
        return self.words[-1].end_ms

    @property
    def logprob(self) -> float:
        """Mean natural logarithm of the probabilities of its tokens."""
        logprobs = [value for word in self.words for value in word.logprobs]
        return sum(logprobs) / len(logprobs)

    @property
    def confidence(self) -> float:
        """Geometric mean of the probabilities of its tokens, from 0 to 1."""
        return min(1.0, math.exp(self.logprob))


def sentences_of(transcript: Transcript, start_ms: int, end_ms: int) -> Iterator[Sentence]:
    """The sentences of one stretch of speech.

    Args:
        transcript: with times from the beginning of the stretch.
        start_ms: where in the recording that is.
        end_ms: where the stretch ends; no word ends later.
    """
    words = [
        replace(
            word,
            start_ms=min(word.start_ms + start_ms, end_ms),
            end_ms=min(word.end_ms + start_ms, end_ms),
        )
        for word in words_of(transcript.tokens)
    ]
    told = (transcript.language, transcript.emotion, transcript.events)
    sentence: list[Word] = []
    for word, after in pairwise([*words, None]):
        assert word is not None  # noqa: S101 - only the last one is
        sentence.append(word)
        if after is None or _ends(word, after) or after.start_ms - word.end_ms > PAUSE_MS:
            yield Sentence(tuple(sentence), *told)
            sentence = []


def _ends(word: Word, after: Word) -> bool:
    letters = list(word.written.rstrip())
    while letters and (letters[-1] in _QUOTES or category(letters[-1]) in {"Pe", "Pf"}):
        letters.pop()  # a quotation or a bracket closes behind the full stop
    if not letters or normalize("NFKC", letters[-1])[-1] not in _ENDS:
        return False
    # "Mr. Smith", "No. 5", "10 a.m. today"
    abbreviated = word.text.lower() in _TITLES or (
        word.text.lower() in _BEFORE_NUMBERS and after.text[0].isdigit()
    )
    return letters[-1] != "." or not (abbreviated or after.text[0].islower())
