"""A recording and what was found in it, as a picture made of characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.audio import SAMPLE_RATE, Block
from shared.decode import decode
from shared.formats import Labelled

_LEVELS = " ▁▂▃▄▅▆▇█"
_FLOOR_DB = -60.0
_MOST_ROWS = 12
_COLOURS = ("green", "magenta", "yellow", "blue", "red", "cyan")


def show(console: Console, file: Path, result: dict[str, Any]) -> None:
    """Print the level of the recording, its speech or its speakers below it, and all as a table."""
    duration, spans = result["duration_s"], spans_of(result)
    labels = dict.fromkeys(span.label for span in spans)
    colours = {label: _COLOURS[n % len(_COLOURS)] for n, label in enumerate(labels)}
    width = max(20, min(console.width, 100) - 10)
    console.print(Text.assemble((file.name, "bold"), f"  {duration:.2f} s"))
    if duration:
        name = "speakers" if "turns" in result else "speech"
        line = _spans_line(spans, colours, duration, width)
        console.print(Text.assemble("level    ", (_level_line(file, duration, width), "cyan")))
        console.print(Text.assemble(f"{name:9}", line))
        console.print(Text(f"         {_axis(duration, width)}", style="dim"))
    console.print(_table(result, colours))
    console.print(_summary(result))


def spans_of(result: dict[str, Any]) -> list[Labelled]:
    """What a service found: turns with their speakers, segments of speech, or what was said."""
    found, what = ("turns", "speaker") if "turns" in result else ("segments", "text")
    return [
        Labelled(span["start"], span["end"], span.get(what, "speech")) for span in result[found]
    ]


def _level_line(file: Path, duration: float, width: int) -> str:
    with file.open("rb") as source:
        levels = _levels(decode(source), duration, width)
    heights = (min(1.0, 1 - level / _FLOOR_DB) for level in levels)
    return "".join(_LEVELS[round(height * (len(_LEVELS) - 1))] for height in heights)


def _levels(blocks: Iterable[Block], duration: float, width: int) -> list[float]:
    """Root mean square of each column, in dB of full scale."""
    energy, samples, position = np.zeros(width), np.zeros(width), 0
    for block in blocks:
        columns = (position + np.arange(len(block))) / (duration * SAMPLE_RATE) * width
        columns = np.minimum(columns.astype(np.int64), width - 1)
        energy += np.bincount(columns, np.square(block, dtype=np.float64), width)
        samples += np.bincount(columns, minlength=width)
        position += len(block)
    power = energy / np.maximum(samples, 1)
    decibels: list[float] = (10 * np.log10(power + 10 ** (_FLOOR_DB / 10))).tolist()
    return decibels


def _spans_line(
    spans: list[Labelled], colours: dict[str, str], duration: float, width: int
) -> Text:
    line = Text()
    column_s = duration / width
    for column in range(width):
        begin, end = column * column_s, (column + 1) * column_s
        covered = dict.fromkeys(["", *colours], 0.0)
        for span in spans:
            covered[span.label] += max(0.0, min(end, span.end) - max(begin, span.start))
        label = max(covered, key=lambda name: covered[name])
        spoken = sum(covered.values()) > column_s / 2
        line.append(*(("█", colours[label]) if spoken else ("─", "dim")))
    return line


def _axis(duration: float, width: int) -> str:
    """Times in seconds at even steps."""
    step = next(s for s in _steps() if duration / s <= width / 10)
    axis = [" "] * width
    for index in range(int(duration / step) + 1):
        place = round(index * step / duration * width)
        for offset, letter in enumerate(f"{index * step:g}s"):
            if place + len(f"{index * step:g}s") <= width:
                axis[place + offset] = letter
    return "".join(axis).rstrip()


def _steps() -> Iterator[float]:
    scale = 0.1
    while True:
        yield from (scale, 2 * scale, 5 * scale)
        scale *= 10


def _table(result: dict[str, Any], colours: dict[str, str]) -> Table:
    """What was said, if that is known, or else what the picture shows."""
    spans = result["segments" if "segments" in result else "turns"]
    told = [what for what in ("speaker", "text") if spans and what in spans[0]]
    headings = ["#", "start", "end", "length", *told]
    table = Table(*headings, box=None, header_style="bold", padding=(0, 2, 0, 0))
    for number, span in enumerate(spans[:_MOST_ROWS], 1):
        start, end, words = span["start"], span["end"], [span[what] or "" for what in told]
        colour = colours.get(words[0], "") if words else ""
        cells = (Text(word, colour) for word in words)
        table.add_row(str(number), f"{start:.2f}", f"{end:.2f}", f"{end - start:.2f}", *cells)
    if len(spans) > _MOST_ROWS:
        table.add_row("", f"and {len(spans) - _MOST_ROWS} more")
    return table


def _summary(result: dict[str, Any]) -> str:
    timings, model = result["timings"], result["model"]
    speed = f", {1 / timings['rtf']:.0f}x real time" if timings["rtf"] else ""
    state = "verified" if model["verified"] else "unverified"
    duration = result["duration_s"]
    share = f" ({100 * result['speech_s'] / duration:.0f} %)" if duration else ""
    return (
        f"{_count(result)}, {result['speech_s']:.2f} s of speech{share}{speed}\n"
        f"model {model['id']} {model['revision'] or ''} ({state})"
    )


def _count(result: dict[str, Any]) -> str:
    if "turns" in result:
        return f"{result['num_speakers']} speakers, {len(result['turns'])} turns"
    return f"{len(result['segments'])} segments"
