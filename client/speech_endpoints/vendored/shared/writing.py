"""How sentences are written behind one another, in any script."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from unicodedata import category, east_asian_width

# Scripts without spaces between words: kana, ideographs with their extensions, half-width kana.
_CHARACTERS = ((0x3005, 0x3007), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
               (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF))  # fmt: skip


def is_character(letter: str) -> bool:
    """Whether it belongs to a script that writes no spaces between words."""
    code = ord(letter)
    return any(first <= code <= final for first, final in _CHARACTERS)


def join_texts(texts: Iterable[str]) -> str:
    """One text: with spaces between sentences, but not beside scripts that write none."""
    joined = ""
    for text in texts:
        apart = joined and text and not (_is_wide(joined[-1]) or is_character(text[0]))
        joined += (" " if apart else "") + text
    return joined


def as_text(said: Iterable[tuple[str | None, str]]) -> str:
    """A paragraph for each stretch of one speaker's sentences, with the name in front.

    Args:
        said: speakers, where they are known, and sentences, in order.
    """
    paragraphs = (
        (f"{speaker}: " if speaker else "") + join_texts(sentence for _, sentence in part)
        for speaker, part in groupby(said, itemgetter(0))
    )
    return "".join(f"{paragraph}\n" for paragraph in paragraphs)


def _is_wide(letter: str) -> bool:
    """A character, or punctuation of such scripts, which brings its own space."""
    wide_mark = east_asian_width(letter) in {"W", "F"} and category(letter).startswith("P")
    return wide_mark or is_character(letter)
