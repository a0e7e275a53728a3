"""The results of a recording's parts as the result of the whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from speech_endpoints.audio import WHOLE
from speech_endpoints.vendored.shared.formats import Labelled, render
from speech_endpoints.vendored.shared.writing import join_texts
from speech_endpoints.wire import Json

_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)([.,])(\d{3})")


class Heard(NamedTuple):
    """The result for one part, where that begins, and from where to where it counts."""

    offset_s: float
    result: Json
    own_s: tuple[float, float] = WHOLE


def merge_segments(parts: Sequence[Heard], asked: Json) -> Json:
    """Of voice activity detection, whose parts overlap: each heard what comes before and after it.

    So both neighbours of a cut say what goes on there. A segment that goes through it is one.
    """
    segments: list[Json] = []
    for part in parts:
        first, last = (round(place, 3) for place in part.own_s)
        for segment in shifted(part.result["segments"], part.offset_s):
            start, end = max(segment["start"], first), min(segment["end"], last)
            if segments and start == segments[-1]["end"] == first:
                segments[-1]["end"] = end
            elif start < end:
                segments.append({"start": start, "end": end})
    found = _common(parts) | {"segments": segments}
    found["speech_s"] = _length(segments)
    found["speech_ratio"] = round(found["speech_s"] / found["duration_s"], 6) if segments else 0.0
    form = asked.get("format")
    if form in {"rttm", "audacity", "csv"}:
        spans = [Labelled(span["start"], span["end"], "speech") for span in segments]
        found["formatted"] = render(spans, form)
    return found


def merge_texts(parts: Sequence[Heard], asked: Json) -> Json:
    """Of speech recognition."""
    segments = [
        segment for part in parts for segment in shifted(part.result["segments"], part.offset_s)
    ]
    spoken: Counter[str] = Counter()
    for segment in segments:
        if segment.get("language"):
            spoken[segment["language"]] += round(1000 * (segment["end"] - segment["start"]))
    found = _common(parts) | {
        "segments": segments,
        "text": join_texts(part.result["text"] for part in parts),
        "speech_s": _length(segments),
        "language": spoken.most_common(1)[0][0] if spoken else None,
    }
    form = asked.get("format")
    if form == "text":
        found["formatted"] = f"{found['text']}\n" if found["text"] else ""
    elif form in {"srt", "vtt"}:
        found["formatted"] = _cues(parts, form)
    elif form == "verbose_json":
        found["verbose_json"] = _openai(parts, found)
    return found


def shifted(content: Any, offset_s: float) -> Any:  # noqa: ANN401 - any JSON value
    """The same, ``start`` and ``end`` so many seconds later, however deep they are."""
    if isinstance(content, list):
        return [shifted(item, offset_s) for item in content]
    if isinstance(content, dict):
        return {
            name: round(value + offset_s, 3)
            if name in {"start", "end"}
            else shifted(value, offset_s)
            for name, value in content.items()
        }
    return content


def timings_of(results: Sequence[Json], duration_s: float) -> Json:
    """The timings of a result that is made of several."""
    names = ("fetch_s", "decode_s", "infer_s")
    timings = {name: round(sum(r["timings"][name] for r in results), 6) for name in names}
    busy_s = timings["decode_s"] + timings["infer_s"]
    return {**timings, "rtf": round(busy_s / duration_s, 6) if duration_s else None}


def _common(parts: Sequence[Heard]) -> Json:
    """What all results hold: of the whole in place of the parts."""
    last, results = parts[-1], [part.result for part in parts]
    duration_s = round(last.offset_s + last.result["duration_s"], 3)
    same = {name: value for name, value in results[0].items() if name not in {"formatted"}}
    return {**same, "duration_s": duration_s, "timings": timings_of(results, duration_s)}


def _cues(parts: Sequence[Heard], form: str) -> str:
    """Subtitles of the parts behind one another."""
    blocks: list[str] = []
    for part in parts:
        later = _later(part.offset_s)
        for block in (part.result.get("formatted") or "").strip().split("\n\n"):
            head, _, text = block.partition("\n")
            if form == "srt" and text:
                times, _, words = text.partition("\n")
                blocks.append(f"{len(blocks) + 1}\n{_CLOCK.sub(later, times)}\n{words}\n")
            elif "-->" in head:
                blocks.append(f"{_CLOCK.sub(later, head)}\n{text}\n")
    return "\n".join(blocks if form == "srt" else ["WEBVTT\n", *blocks])


def _openai(parts: Sequence[Heard], whole: Json) -> Json:
    """OpenAI's ``verbose_json`` of the parts as that of the whole."""
    found = [shifted(part.result["verbose_json"], part.offset_s) for part in parts]
    names = {part.result["language"]: part.result["verbose_json"]["language"] for part in parts}
    more: Json = {}
    if any(one.get("words") is not None for one in found):
        more["words"] = [word for one in found for word in one["words"]]
    more["segments"] = [
        {**segment, "id": number, "seek": round(segment["start"] * 1000) // 10}
        for number, segment in enumerate(segment for one in found for segment in one["segments"])
    ]
    language, duration = names.get(whole["language"], found[0]["language"]), whole["duration_s"]
    return {**found[0], "language": language, "duration": duration, "text": whole["text"], **more}


def _later(offset_s: float) -> Callable[[re.Match[str]], str]:
    def later(match: re.Match[str]) -> str:
        hours, minutes, seconds, point, rest = match.groups()
        ms = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int(rest)
        whole, ms = divmod(ms + round(offset_s * 1000), 1000)
        return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{ms:03}"

    return later


def _length(segments: Sequence[Json]) -> float:
    return round(sum(float(segment["end"] - segment["start"]) for segment in segments), 3)
