"""Sentences as subtitles: cues short enough to be read, as SubRip or WebVTT.

Sources: W3C, "WebVTT: The Web Video Text Tracks Format" (which text must be escaped); BBC
"Subtitle Guidelines" (about 37 letters in a line, two lines); Netflix, "Simplified Chinese Timed
Text Style Guide" (16 characters in a line) and "Timed Text Style Guide" (7 s in a cue).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, repeat
from operator import itemgetter
from typing import Literal, NamedTuple, Protocol
from unicodedata import east_asian_width

MOST_WIDTH = 76  # of a cue: two lines
WIDE = 2  # width of a Chinese, Japanese or Korean character
SHORTEST_MS, LONGEST_MS = 1_000, 7_000


NOBODY = repeat(None)


class Word(Protocol):
    """A word, or a character."""

    @property
    def written(self) -> str:
        """As it stands in the text: with a space before and punctuation behind it."""

    @property
    def start_ms(self) -> int:
        """Where it begins."""

    @property
    def end_ms(self) -> int:
        """Where it ends."""


class Cue(NamedTuple):
    """What is shown at a time, and the name of who says it, if that is to be shown too."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None


def render(
    sentences: Iterable[Sequence[Word]],
    form: Literal["srt", "vtt"],
    duration_ms: int,
    speakers: Iterable[str | None] = NOBODY,
) -> str:
    """The text of a subtitle file; cues are in order, do not overlap, and last some time.

    Args:
        sentences: in order, each of one word or more.
        form: SubRip or WebVTT.
        duration_ms: of the recording; no cue is longer shown to be read than it lasts.
        speakers: who says each of the sentences, where that is known.
    """
    cues = list(_readable(sentences, speakers, duration_ms))
    if form == "srt":
        return "\n".join(
            f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{_plain(cue)}\n"
            for number, cue in enumerate(cues, 1)
        )
    blocks = (
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{_voiced(cue)}\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _readable(
    sentences: Iterable[Sequence[Word]], speakers: Iterable[str | None], duration_ms: int
) -> Iterator[Cue]:
    """Cues that stay long enough, as far as the next one and the recording's end let them."""
    said = zip(sentences, speakers, strict=False)
    cues = [cue._replace(speaker=name) for one, name in said for cue in cues_of(one)]
    starts = [*(cue.start_ms for cue in cues), duration_ms]
    for cue, following in zip(cues, starts[1:], strict=True):
        wanted = max(cue.end_ms, min(cue.start_ms + SHORTEST_MS, following))
        # WebVTT knows no cue without length.
        yield cue._replace(end_ms=max(wanted, cue.start_ms + 1))


def cues_of(words: Sequence[Word]) -> Iterator[Cue]:
    """A sentence as one cue, or as few as can be read, of about the same width."""
    for count in range(1, len(words) + 1):
        parts = list(_cut(words, count))
        if all(map(_fits, parts)):
            break
    for part in parts:
        yield Cue(part[0].start_ms, part[-1].end_ms, _text(part))


def _cut(words: Sequence[Word], count: int) -> Iterator[list[Word]]:
    """So many parts, or fewer: each word belongs to the part that its middle falls into."""
    first, *others = words
    # Whether a sentence begins with a space is not seen.
    widths = [_width(first.written.lstrip()), *(_width(word.written) for word in others)]
    middles = [end - width / 2 for end, width in zip(accumulate(widths), widths, strict=True)]
    places = [int(middle / sum(widths) * count) for middle in middles]
    for _, part in groupby(zip(places, words, strict=True), key=itemgetter(0)):
        yield [word for _, word in part]


def _fits(part: Sequence[Word]) -> bool:
    fits = _width(_text(part)) <= MOST_WIDTH
    return fits and part[-1].end_ms - part[0].start_ms <= LONGEST_MS


def _text(part: Sequence[Word]) -> str:
    return "".join(word.written for word in part).strip()


def _width(text: str) -> int:
    return sum(WIDE if east_asian_width(letter) in {"W", "F"} else 1 for letter in text)


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _plain(cue: Cue) -> str:
    return f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text


def _voiced(cue: Cue) -> str:
    """With WebVTT's own mark for who speaks."""
    return (f"<v {_escape(cue.speaker)}>" if cue.speaker else "") + _escape(cue.text)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
