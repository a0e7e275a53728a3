"""From the vocabulary's pieces to words, as FunASR's ``sentence_postprocess`` spells them.

A Chinese character is a word. ``hel@@`` and ``lo`` are one word; so are letters that were spelled
out one by one, in capitals. There is a space between two words of letters, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from shared.nets.asr.transcript import Token

CONTINUED = "@@"
UNSPOKEN = {"<s>", "</s>", "<unk>", "<OOV>"}
CHINESE = ("\u4e00", "\u9fff")


def spell(pieces: Iterable[Token]) -> Iterator[Token]:
    """Words, each with a space before it where it begins apart.

    A word whose continuation does not come ends where it is; FunASR drops it.

    Args:
        pieces: with the vocabulary's texts.
    """
    apart = True  # so that words keep apart from those of an utterance before
    said = (piece for piece in pieces if piece.text not in UNSPOKEN)
    for word in _acronyms(_words(said)):
        latin = _latin(word.text)
        yield replace(word, text=f" {word.text}") if latin and apart else word
        apart = latin


def _words(pieces: Iterable[Token]) -> Iterator[Token]:
    waiting: list[Token] = []
    for piece in pieces:
        text = piece.text.removesuffix(CONTINUED)
        if waiting and not _latin(text):
            yield _joined(waiting)
            waiting = []
        waiting.append(replace(piece, text=text))
        if text == piece.text:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _acronyms(words: Iterable[Token]) -> Iterator[Token]:
    for letters, group in groupby(words, lambda word: len(word.text) == 1 and _ascii(word.text)):
        run = list(group)
        if letters and len(run) > 1:
            word = _joined(run)
            yield replace(word, text=word.text.upper())
        else:
            yield from run


def _joined(tokens: Sequence[Token]) -> Token:
    """One token of several; it is as sure as the least sure of them."""
    text = "".join(token.text for token in tokens)
    logprob = min(token.logprob for token in tokens)
    return Token(text, tokens[0].start_ms, tokens[-1].end_ms, logprob)


def _ascii(text: str) -> bool:
    return text.isascii() and text.isalpha()


def _latin(text: str) -> bool:
    first, last = CHINESE
    return all((c.isalpha() and not first <= c <= last) or c == "'" for c in text)
