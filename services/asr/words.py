"""Words, or characters of scripts that write no spaces, out of a model's tokens.

A model's tokens are pieces of words, several characters, punctuation, or any of these together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from shared.nets.asr import Token
from shared.writing import is_character

Kind = Literal["letters", "character", "mark"]

# They part no word when letters or digits follow at once: don't, 3.5, 12:30, co-op.
_WITHIN = frozenset(".,:'\u2019-_/@&+")
_SIGNS = frozenset("-.#@&\u2212")  # said with the number or the name behind them
_BEFORE = _SIGNS | {"'", '"'}


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a character.

    Attributes:
        text: without punctuation around it.
        written: as it stands in the text: with a space before and punctuation behind it.
        start_ms: where it begins.
        end_ms: where it ends.
        logprobs: natural logarithms of the probabilities of its tokens.
    """

    text: str
    written: str
    start_ms: int
    end_ms: int
    logprobs: tuple[float, ...]


class _Part(NamedTuple):
    """A run of one kind within a token."""

    kind: Kind
    text: str
    spaced: bool
    start_ms: int
    end_ms: int
    logprob: float


def words_of(tokens: Iterable[Token]) -> list[Word]:
    """The words of one stretch of speech, in order.

    ``"".join(word.written for word in ...)`` is the text of the tokens, but for punctuation of
    nothing. A sign before a number (-5, .5, #1) is part of the word, an opening quotation mark or
    bracket only of how it is written.
    """
    words: list[Word] = []
    last: Kind = "mark"
    opening = ""  # what stands before the next word
    for part in _parts(tokens):
        if part.kind == "mark":
            if opening or _opens(part, words):
                opening += " " * part.spaced + part.text
            else:
                words[-1] = _followed_by(words[-1], " " * part.spaced + part.text)
        elif not opening and words and part.kind == "letters" and _goes_on(words[-1], last, part):
            words[-1] = _longer(words[-1], part)
        else:
            if part.spaced and opening and words:  # it belonged to nothing behind it
                words[-1], opening = _followed_by(words[-1], opening), ""
            words.append(_new(part, opening))
            opening = ""
        last = part.kind
    if opening and words:
        words[-1] = _followed_by(words[-1], opening)
    return words


def _opens(part: _Part, words: list[Word]) -> bool:
    """Whether a mark belongs to what follows: an opening one, or one with a space before it."""
    opening = unicodedata.category(part.text) in {"Ps", "Pi"}
    return opening or not words or (part.spaced and part.text in _BEFORE)


def _followed_by(word: Word, marks: str) -> Word:
    return replace(word, written=word.written + marks)


def _goes_on(word: Word, last: Kind, part: _Part) -> bool:
    """Whether letters belong to the word before them."""
    if part.spaced or is_character(word.text[-1]):
        return False
    marks = word.written.lstrip().removeprefix(word.text)
    return last == "letters" or (len(marks) == 1 and marks in _WITHIN)


def _longer(word: Word, part: _Part) -> Word:
    return replace(
        word,
        text=word.written.lstrip() + part.text,
        written=word.written + part.text,
        end_ms=part.end_ms,
        logprobs=(*word.logprobs, part.logprob),
    )


def _new(part: _Part, opening: str) -> Word:
    sign = opening.lstrip() if opening.strip() in _SIGNS and part.kind == "letters" else ""
    written = opening + " " * part.spaced + part.text
    return Word(sign + part.text, written, part.start_ms, part.end_ms, (part.logprob,))


def _parts(tokens: Iterable[Token]) -> Iterator[_Part]:
    """Tokens cut where the kind changes; their time is shared out evenly among the characters."""
    spaced = False
    for token in tokens:
        step = (token.end_ms - token.start_ms) / max(1, len(token.text.strip()))
        at = 0
        for kind, text in _runs(token.text):
            if kind is None:
                spaced = True
                continue
            start, end = (round(token.start_ms + step * n) for n in (at, at + len(text)))
            yield _Part(kind, text, spaced, start, end, token.logprob)
            at, spaced = at + len(text), False


def _runs(text: str) -> Iterator[tuple[Kind | None, str]]:
    """Runs of letters, single characters, single marks; None stands for a space."""
    run = ""
    for letter in text:
        if unicodedata.category(letter) == "Cc" and not letter.isspace():
            continue  # bytes of a garbled output; they would break files of subtitles
        kind = _kind(letter)
        if kind == "letters":
            run += letter
            continue
        if run:
            yield "letters", run
            run = ""
        yield kind, letter
    if run:
        yield "letters", run


def _kind(letter: str) -> Kind | None:
    if letter.isspace():
        return None
    if is_character(letter):
        return "character"
    category = unicodedata.category(letter)[0]
    # Signs such as % and + are said, so they are words; what is left over is punctuation.
    return "mark" if category in "PZC" and letter != "%" else "letters"
