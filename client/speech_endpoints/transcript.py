"""Who said what: the words of a recogniser's result, given to the speakers of another result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple
from unicodedata import category

from speech_endpoints.merge import timings_of
from speech_endpoints.vendored.shared.attribution import NEAR_MS, Turn, speakers_of
from speech_endpoints.vendored.shared.subtitles import render
from speech_endpoints.vendored.shared.writing import as_text
from speech_endpoints.wire import Json

_OPENING = {"Ps", "Pi"}
_LAST_SPACE = re.compile(r"\s\S*$")


class Spoken(NamedTuple):
    """A word: as it stands in the text, and as the recogniser gave it."""

    written: str
    start_ms: int
    end_ms: int
    word: Json


class Said(NamedTuple):
    """A segment, or the part of it that one speaker said."""

    segment: Json
    words: list[Spoken]
    speaker: str | None

    @property
    def text(self) -> str:
        """As it is written."""
        return "".join(word.written for word in self.words).strip()


def transcript(speakers: Json, text: Json, asked: Json) -> Json:
    """The result that a bundle would have given.

    Only confidences are those of whole segments, also where the speaker changes within one.

    Args:
        speakers: a result of diarization.
        text: a result of recognition of the same recording, with words.
        asked: the options of ``transcribe``.
    """
    said = list(_attributed(text["segments"], speakers["turns"]))
    found = {
        **{name: text[name] for name in ("text", "language", "duration_s", "model", "vad_model")},
        **{name: speakers[name] for name in ("speakers", "num_speakers", "turns", "speech_s")},
        "segments": [_segment(one, words=asked.get("timestamps") == "word") for one in said],
        "timings": timings_of([speakers, text], text["duration_s"]),
        "speaker_model": speakers["model"],
        "service": {
            name: f"{speakers['service'][name]}+{text['service'][name]}"
            for name in ("name", "version")
        },
    }
    if "punctuation_model" in text:
        found["punctuation_model"] = text["punctuation_model"]
    form = asked.get("format")
    if form == "text":
        found["formatted"] = as_text((one.speaker, one.text) for one in said)
    elif form in {"srt", "vtt"}:
        words, names = [one.words for one in said], [one.speaker for one in said]
        found["formatted"] = render(words, form, round(text["duration_s"] * 1000), names)
    return found


def spoken(segment: Json) -> list[Spoken]:
    """The words of a segment as they are written: one behind the other they are its text."""
    text, words = segment["text"], segment["words"]
    places, at = [], 0
    for word in words:
        found = text.find(word["text"], at)
        start, at = (found, found + len(word["text"])) if found >= 0 else (at, at)
        places.append((start, at))
    between = [end + _kept(text[end:start]) for (_, end), (start, _) in pairwise(places)]
    return [
        Spoken(text[first:last], round(1000 * word["start"]), round(1000 * word["end"]), word)
        for word, (first, last) in zip(words, pairwise([0, *between, len(text)]), strict=True)
    ]


def _kept(gap: str) -> int:
    """How much of what stands between two words goes with the first: no space, nothing opening."""
    if space := _LAST_SPACE.search(gap):
        return space.start()
    kept = len(gap)
    while kept and category(gap[kept - 1]) in _OPENING:
        kept -= 1
    return kept


def _attributed(segments: list[Json], turns: list[Json]) -> Iterator[Said]:
    heard = [
        Turn(round(1000 * turn["start"]), round(1000 * turn["end"]), turn["speaker"])
        for turn in turns
    ]
    each = [(segment, spoken(segment)) for segment in segments]
    spans = ((word.start_ms, word.end_ms) for _, words in each for word in words)
    speakers = speakers_of(spans, heard, NEAR_MS)
    for segment, words in each:
        told = zip(words, speakers, strict=False)
        for speaker, part in groupby(told, itemgetter(1)):
            yield Said(segment, [word for word, _ in part], speaker)


def _segment(said: Said, *, words: bool) -> Json:
    first, last = said.words[0], said.words[-1]
    return {
        **{name: value for name, value in said.segment.items() if name != "words"},
        **({"words": [word.word for word in said.words]} if words else {}),
        "start": first.start_ms / 1000,
        "end": last.end_ms / 1000,
        "text": said.text,
        "speaker": said.speaker,
    }
