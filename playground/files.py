"""An answer as the text of a file."""

from __future__ import annotations

import html
import re
from itertools import groupby

from speech_endpoints.cli.render import text_of
from speech_endpoints.merge import joined
from speech_endpoints.wire import Json

_TIMES = re.compile(r"(\d+:\d\d:\d\d)\.(\d{3})")
_VOICE = re.compile(r"<v ([^>]*)>")


def rendered(result: Json, form: str, name: str) -> str:
    """The text of a file.

    Args:
        result: as the service gave it, asked for WebVTT where it has subtitles.
        form: the end of the file's name; one of its task's ``files``.
        name: of the recording.
    """
    if form == "srt":
        return subrip(result["formatted"])
    if form == "json":  # as if it had not been asked for subtitles
        return text_of({key: of for key, of in result.items() if key != "formatted"}, form, name)
    if form == "txt" and "num_speakers" in result and "text" in result:
        return paragraphs(result["segments"])
    return text_of(result, form, name)


def subrip(webvtt: str) -> str:
    """Subtitles as the service writes them in its other format: the cues are the same."""
    blocks = webvtt.split("\n\n", 1)[1].split("\n\n") if "-->" in webvtt else []
    cues = []
    for number, block in enumerate(blocks, 1):
        times, _, words = block.strip("\n").partition("\n")
        text = html.unescape(_VOICE.sub(r"\1: ", words))
        times = _TIMES.sub(r"\1,\2", times)
        cues.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(cues)


def paragraphs(segments: list[Json]) -> str:
    """What was said, a paragraph for each stretch of one speaker, with the name in front."""
    parts = groupby(segments, lambda segment: segment["speaker"])
    return "".join(
        (f"{speaker}: " if speaker else "") + joined([said["text"] for said in part]) + "\n"
        for speaker, part in parts
    )
