"""A trace as a picture: an SVG file that needs nothing else, one panel above the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from tools.trace.watched import JOB, MODEL, SDK, TORCH, WARM_UP

WIDTH, MARGIN, ROW, LETTER = 1000, 12, 17, 6.3  # in pixels
DEEPEST = 6  # rows of one lane
LEAST_MS = 5.0  # of an import that is drawn
FILLED = 0.9  # of its importer: an import of this share says nothing more
COLOURS = {
    "interpreter": "#8c959f", "import": "#54aeff", SDK: "#c297ff", TORCH: "#fb8f44",
    MODEL: "#4ac26b", WARM_UP: "#d4a72c", JOB: "#218bff",
}  # fmt: skip
STYLE = """
  text { font: 11px sans-serif; fill: #1f2328 } .quiet { fill: #59636e }
  .title { font-weight: bold; font-size: 13px } rect { stroke: #fff; stroke-width: .6 }
  .axis { stroke: #d1d9e0; stroke-width: 1 } .back { fill: #fff; stroke: none }
"""


class Span(NamedTuple):
    """What was done on one lane (a thread, mostly), from when to when in milliseconds."""

    name: str
    about: str
    lane: str
    start: float
    end: float

    @property
    def ms(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Panel:
    """A stretch of the trace.

    Attributes:
        title: what happens in it.
        start, end: in milliseconds.
    """

    title: str
    start: float
    end: float


def draw(title: str, spans: Sequence[Span], panels: Iterable[Panel]) -> str:
    """The picture."""
    y, parts = 24.0, [f'<text class="title" x="{MARGIN}" y="{18}">{escape(title)}</text>']
    y = _legend(parts, y)
    for panel in panels:
        y = _panel(parts, y + 14, panel, spans)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" width="{WIDTH}">'
    back = f'<rect class="back" width="{WIDTH}" height="{y:.0f}"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", back, *parts, "</svg>\n"])


def _legend(parts: list[str], y: float) -> float:
    x = float(MARGIN)
    names = {
        "interpreter": "interpreter", "import": "our modules, numpy, pydantic", SDK: "RunPod's SDK",
        TORCH: "torch", MODEL: "models", WARM_UP: "warm-up", JOB: "job",
    }  # fmt: skip
    for about, name in names.items():
        parts.append(f'<rect x="{x}" y="{y + 4}" width="11" height="11" fill="{COLOURS[about]}"/>')
        parts.append(f'<text class="quiet" x="{x + 15}" y="{y + 14}">{escape(name)}</text>')
        x += 30 + LETTER * len(name)
    return y + ROW


def _panel(parts: list[str], y: float, panel: Panel, spans: Sequence[Span]) -> float:
    scale = (WIDTH - 2 * MARGIN) / (panel.end - panel.start)

    def place(ms: float) -> float:
        return MARGIN + (min(max(ms, panel.start), panel.end) - panel.start) * scale

    parts.append(f'<text class="title" x="{MARGIN}" y="{y + 12}">{escape(panel.title)}</text>')
    y += 20
    axis = len(parts)
    top = y
    inside = [span for span in spans if span.end > panel.start and span.start < panel.end]
    for lane in dict.fromkeys(span.lane for span in sorted(inside, key=lambda span: span.start)):
        rows = [*_stacked([span for span in inside if span.lane == lane], 1 / scale)]
        if not rows:
            continue
        parts.append(f'<text class="quiet" x="{MARGIN}" y="{y + 12}">{escape(lane)}</text>')
        y += 16
        for row, about, span in rows:
            x, width = place(span.start), max(place(span.end) - place(span.start), 1.0)
            parts.append(_box(x, y + row * ROW, width, about, span))
        y += (max(row for row, _, _ in rows) + 1) * ROW + 4
    parts[axis:axis] = _axis(panel, scale, top, y)
    return y + 14


def _stacked(spans: Iterable[Span], least: float) -> Iterator[tuple[int, str, Span]]:
    """Spans of a lane below what they are a part of: row, what they are about, and span."""
    above: list[tuple[str, Span]] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.ms)):
        while above and above[-1][1].end <= span.start:
            above.pop()
        about, outer = above[-1] if above else (MODEL, None)
        if span.ms < (LEAST_MS if span.about == "import" else least) or len(above) == DEEPEST:
            continue
        if span.about == "import" and about != MODEL:
            if outer and span.ms > FILLED * outer.ms:
                continue
        else:
            about = span.about
        above.append((about, span))
        yield len(above) - 1, about, span


def _box(x: float, y: float, width: float, about: str, span: Span) -> str:
    faint = ' fill-opacity=".55"' if span.about == "import" else ""
    box = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{ROW - 1}" rx="2" '
        f'fill="{COLOURS[about]}"{faint}>'
        f"<title>{escape(span.name)}: {span.ms:.1f} ms</title></rect>"
    )
    time = f"{span.ms:.0f}" if span.ms >= 10 else f"{span.ms:.1f}"
    short = span.name.rpartition(".")[2]
    for text in (f"{span.name} {time}", f"{short} {time}", span.name, short):
        if len(text) * LETTER < width - 4:
            return f'{box}<text x="{x + 4:.1f}" y="{y + 12:.1f}">{escape(text)}</text>'
    return box


def _axis(panel: Panel, scale: float, top: float, bottom: float) -> Iterator[str]:
    step = next(
        size * 10**power
        for power in range(6)
        for size in (1, 2, 5)
        if size * 10**power * scale >= 70
    )
    tick = -(-panel.start // step) * step
    while tick <= panel.end:
        x = MARGIN + (tick - panel.start) * scale
        yield f'<path class="axis" d="M{x:.1f} {top:.0f}V{bottom:.0f}"/>'
        if x < WIDTH - 60:
            yield f'<text class="quiet" x="{x + 3:.1f}" y="{bottom + 10:.0f}">{tick:g} ms</text>'
        tick += step
