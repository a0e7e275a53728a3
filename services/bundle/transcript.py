"""Sentences cut where the speaker changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from services.asr.sentences import Sentence
from services.asr.words import Word
from shared.attribution import NEAR_MS, Turn, speakers_of


class Said(NamedTuple):
    """A sentence, or a part of one, and who said it."""

    sentence: Sentence
    speaker: str | None


def attribute(sentences: Sequence[Sentence], turns: Sequence[Turn]) -> list[Said]:
    """Give each word to a speaker.

    Args:
        sentences: in order.
        turns: in order, without overlap; in milliseconds.
    """
    words = ((word.start_ms, word.end_ms) for sentence in sentences for word in sentence.words)
    speakers = speakers_of(words, turns, NEAR_MS)
    return [said for sentence in sentences for said in _cut(sentence, speakers)]


def _cut(sentence: Sentence, speakers: Iterator[str | None]) -> Iterator[Said]:
    told: Iterator[tuple[Word, str | None]] = zip(sentence.words, speakers, strict=False)
    for speaker, part in groupby(told, itemgetter(1)):
        yield Said(replace(sentence, words=tuple(word for word, _ in part)), speaker)
