"""An answer as the text of a file."""

from __future__ import annotations

import html
import re

from speech_endpoints.cli.render import text_of
from speech_endpoints.wire import Json

_TIMES = re.compile(r"(\d+:\d\d:\d\d)\.(\d{3})")
_VOICE = re.compile(r"<v ([^>]*)>")


def rendered(result: Json, form: str, name: str) -> str:
    """The text of a file.

    Args:
        result: as the service gave it, asked for WebVTT where it has subtitles.
        form: one of its task's ``files``.
        name: of the recording.
    """
    if form == "srt":
        return subrip(result["formatted"])
    if form == "json":  # as if it had not been asked for subtitles
        result = {key: value for key, value in result.items() if key != "formatted"}
    return text_of(result, form, name)


def subrip(webvtt: str) -> str:
    """WebVTT of a service as it would have written SubRip: the cues are the same."""
    _, *blocks = webvtt.rstrip("\n").split("\n\n")
    cues = []
    for number, block in enumerate(blocks, 1):
        times, _, words = block.partition("\n")
        times, words = _TIMES.sub(r"\1,\2", times), _VOICE.sub(r"\1: ", words)
        cues.append(f"{number}\n{times}\n{html.unescape(words)}\n")
    return "\n".join(cues)
