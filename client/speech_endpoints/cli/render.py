"""A result as the text of a file."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from speech_endpoints.vendored.shared.formats import Labelled, TextFormat, render
from speech_endpoints.vendored.shared.writing import as_text, join_texts
from speech_endpoints.wire import Json

_ASKED_OF_THE_SERVICE = ("srt", "vtt")  # it knows the words, which is where cues are cut
_AS: Mapping[str, TextFormat] = {"csv": "csv", "rttm": "rttm", "txt": "audacity"}
# What Markdown would take for its own: signs, and underscores but those within a word.
_MARKDOWN = re.compile(r"[\\`*\[\]<>&~]|(?<!\w)_|_(?!\w)")


def asked(form: str) -> Json:
    """The options by which a service is asked for a format; none where it is made here."""
    return {"format": form} if form in _ASKED_OF_THE_SERVICE else {}


def text_of(result: Json, form: str, name: str) -> str:
    """The text of a file.

    Args:
        result: of one recording.
        form: one of those that its command offers; see ``wanted``.
        name: of the recording, which RTTM repeats in each line, and Markdown has as its title.
    """
    if form == "json":
        return json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if form in _ASKED_OF_THE_SERVICE:
        return str(result["formatted"])
    if form == "md":
        return "\n".join(_minutes(result["segments"], name))
    if form == "txt" and isinstance(result.get("text"), str):
        return as_text((span.get("speaker"), span["text"]) for span in result["segments"])
    spans = result["turns"] if "turns" in result else result["segments"]
    labelled = [
        Labelled(span["start"], span["end"], span.get("speaker") or span.get("text") or "speech")
        for span in spans
    ]
    return render(labelled, _AS[form], "_".join(name.split()) or "audio")


def _minutes(segments: list[Json], name: str) -> Iterator[str]:
    """Minutes in Markdown: a paragraph for each stretch of one speaker, with the name and time."""
    yield f"# {_plain(name)}\n"
    for speaker, part in groupby(segments, itemgetter("speaker")):
        said = list(part)
        text = join_texts(segment["text"] for segment in said)
        yield f"**{_plain(speaker or '?')}** ({_clock(said[0]['start'])}): {_plain(text)}\n"


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", text)


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def line(content: Json) -> str:
    """JSON on one line."""
    return json.dumps(content, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file as a whole: there is never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=".speech-")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
