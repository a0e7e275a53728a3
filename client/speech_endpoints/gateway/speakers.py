"""Speakers in OpenAI's words: the voices that a caller knows, and letters for all others."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from itertools import count
from string import ascii_uppercase

from speech_endpoints.failures import SpeechError
from speech_endpoints.gateway.asked import Fields, wrong
from speech_endpoints.services import AsyncTranscribe
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult
from speech_endpoints.wire import Json

NOBODY = "unknown"  # OpenAI always names somebody
_UNKNOWN = re.compile(r"SPEAKER_\d+")
_DATA_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)


def voices(fields: Fields) -> list[Json]:
    """The voices that a caller knows, as the service takes them.

    Raises:
        Problem: they are no recordings, or are not named one by one.
    """
    names, references = fields.known_speaker_names, fields.known_speaker_references
    if len(names) != len(references):
        raise wrong("known_speaker_references", "give one for each of known_speaker_names")
    if len(set(names)) < len(names):
        raise wrong("known_speaker_names", "give each name once")
    _checked("known_speaker_names", {name: [1.0] for name in names})  # any voice
    known = {name: _recording(url) for name, url in zip(names, references, strict=True)}
    return _checked("known_speaker_references", known)


def segments(result: TranscribeResult) -> Iterator[Json]:
    """The segments as OpenAI's ``diarized_json`` has them, and its stream."""
    names = _names([speaker.label for speaker in result.speakers])
    for number, segment in enumerate(result.segments):
        yield {
            "type": "transcript.text.segment", "id": f"seg_{number}",
            "start": segment.start, "end": segment.end, "text": segment.text,
            "speaker": names[segment.speaker] if segment.speaker else NOBODY,
        }  # fmt: skip


def _names(labels: list[str]) -> dict[str, str]:
    """Of each speaker: known ones keep theirs, the others are A, B and so on, as they appear."""
    letters = (f"{letter}{turn or ''}" for turn in count() for letter in ascii_uppercase)
    free = (name for name in letters if name not in labels)
    return {label: next(free) if _UNKNOWN.fullmatch(label) else label for label in labels}


def _checked(field: str, known: Mapping[str, bytes | list[float]]) -> list[Json]:
    try:
        found: list[Json] = AsyncTranscribe.check({"known_speakers": known})["known_speakers"]
    except SpeechError as error:
        raise wrong(field, error.message) from None
    return found


def _recording(url: str) -> bytes:
    head = _DATA_URL.match(url)
    try:
        data = base64.b64decode(url[head.end() :], validate=True) if head else b""
    except ValueError:  # not base64, or not ASCII
        data = b""
    if not data:
        why = "give each as a data URL: data:audio/wav;base64,..."
        raise wrong("known_speaker_references", why)
    return data
