"""A result as the text of a file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from speech_endpoints.vendored.shared.formats import Labelled, TextFormat, render
from speech_endpoints.wire import Json

_ASKED_OF_THE_SERVICE = ("srt", "vtt")  # it knows the words, which is where cues are cut
_AS: Mapping[str, TextFormat] = {"csv": "csv", "rttm": "rttm", "txt": "audacity"}


def asked(form: str) -> Json:
    """The options by which a service is asked for a format; none where it is made here."""
    return {"format": form} if form in _ASKED_OF_THE_SERVICE else {}


def text_of(result: Json, form: str, name: str) -> str:
    """The text of a file.

    Args:
        result: of one recording.
        form: one of those that its command offers; see ``wanted``.
        name: of the recording, which RTTM repeats in each line.
    """
    if form == "json":
        return json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if form in _ASKED_OF_THE_SERVICE:
        return str(result["formatted"])
    if form == "txt" and "text" in result and isinstance(result["text"], str):
        return f"{result['text']}\n"
    spans = result["turns"] if "turns" in result else result["segments"]
    labelled = [
        Labelled(span["start"], span["end"], span.get("speaker") or span.get("text") or "speech")
        for span in spans
    ]
    return render(labelled, _AS[form], "_".join(name.split()) or "audio")


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
