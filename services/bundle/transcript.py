"""Sentences cut where the speaker changes, and written with the speakers' names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from services.asr.sentences import Sentence, join_texts
from services.asr.words import Word
from shared.attribution import Turn, speakers_of

# Words lie between the ends of turns where the recogniser's VAD waits longer for more speech.
NEAR_MS = 1_000


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


def as_text(said: Iterable[Said]) -> str:
    """A paragraph for each stretch of one speaker's sentences, with the name in front."""
    paragraphs = (
        (f"{speaker}: " if speaker else "") + join_texts(part.sentence.text for part in parts)
        for speaker, parts in groupby(said, itemgetter(1))
    )
    return "".join(f"{paragraph}\n" for paragraph in paragraphs)


def _cut(sentence: Sentence, speakers: Iterator[str | None]) -> Iterator[Said]:
    told: Iterator[tuple[Word, str | None]] = zip(sentence.words, speakers, strict=False)
    for speaker, part in groupby(told, itemgetter(1)):
        yield Said(replace(sentence, words=tuple(word for word, _ in part)), speaker)
