"""How things grow, drawn: panels with logarithmic axes, as an SVG file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

WIDTH, HEIGHT = 320, 220  # of a panel, in pixels
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 32, 32  # its margins
STYLE = """
  text { font: 11px sans-serif; fill: #57606a } .title { font-weight: bold }
  path { fill: none; stroke-width: 2 } .found { stroke: #0969da } circle { fill: #0969da }
  .even { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 4 4 }
  .axis { stroke: #d0d7de; stroke-width: 1 }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """A quantity at growing sizes.

    Attributes:
        title: says what is shown, and in which unit.
        labels: how each size is called.
        sizes: positive and growing, two at least.
        values: positive, one per size.
    """

    title: str
    labels: Sequence[str]
    sizes: Sequence[float]
    values: Sequence[float]


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Write panels side by side; in each a dashed line shows growth in proportion to the size."""
    parts = [
        f'<g transform="translate({number * WIDTH} 0)">{_panel(panel)}</g>'
        for number, panel in enumerate(panels)
    ]
    size = f'viewBox="0 0 {len(panels) * WIDTH} {HEIGHT}" width="{len(panels) * WIDTH}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + "\n".join(parts) + "\n</svg>\n", encoding="utf-8")


def _panel(panel: Panel) -> str:
    even = [panel.values[0] * size / panel.sizes[0] for size in panel.sizes]
    levels = _levels([*panel.values, *even])
    xs = _places(panel.sizes, panel.sizes, LEFT, WIDTH - RIGHT)

    def height(values: Sequence[float]) -> list[float]:
        return _places(values, levels, HEIGHT - BOTTOM, TOP)

    ticks = [
        f'<path class="axis" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{level:,g}</text>'
        for y, level in zip(height(levels), levels, strict=True)
    ]
    names = [
        f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(label)}</text>'
        for x, label in zip(xs, panel.labels, strict=True)
    ]
    found = height(panel.values)
    points = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in zip(xs, found, strict=True)]
    title = f'<text class="title" x="8" y="16">{escape(panel.title)}</text>'
    lines = [_line("even", xs, height(even)), _line("found", xs, found)]
    return "\n".join([title, *ticks, *names, *lines, *points])


def _levels(values: Sequence[float]) -> list[float]:
    """Powers of ten (of two, if they are few) that the values lie between."""
    base = 10.0 if max(values) >= 30 * min(values) else 2.0
    first = math.floor(math.log(min(values), base))
    last = math.ceil(math.log(max(values), base))
    return [base**power for power in range(first, max(first + 1, last) + 1)]


def _places(
    values: Sequence[float], scale: Sequence[float], first: float, last: float
) -> list[float]:
    """Where values lie on a logarithmic axis whose ends stand for the ends of the scale."""
    whole = math.log(scale[-1] / scale[0])
    return [first + (last - first) * math.log(value / scale[0]) / whole for value in values]


def _line(kind: str, xs: Sequence[float], ys: Sequence[float]) -> str:
    points = list(zip(xs, ys, strict=True))
    (x, y), *_ = points
    steps = "".join(f"L{x:.1f} {y:.1f}" for _, (x, y) in pairwise(points))
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}{steps}"/>'
