"""Draws what was measured: ``nox -s plots -- [FOLDER]`` draws every report in a folder.

Things side by side become bars, a panel for each group; quantities at growing sizes, curves.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report import Curves, Report, Row, figures
from tools.figures import BLUE, GREEN, GREY, ORANGE, drawing, save
from tools.workspace import ROOT, from_the_user

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KEPT = ROOT / "docs" / "measured"
WIDTH, BAR, HEAD = 8.0, 0.3, 0.75  # inches
COLOURS = (BLUE, GREY, ORANGE, GREEN)
MARKERS = "os^D"
THEIRS = re.compile("usual|funasr|modelscope|silero|kaldi|sherpa")


def main() -> None:
    """Draw them all."""
    parser = argparse.ArgumentParser(prog="nox -s plots --", description=__doc__)
    parser.add_argument("folder", nargs="?", default=str(KEPT), help="docs/measured by default")
    folder = from_the_user(parser.parse_args().folder)
    reports = sorted(folder.glob("*.json"))
    if not reports:
        parser.error(f"there are no reports in {folder}")
    for path in reports:
        print(draw(Report.read(path), path.with_suffix(".svg")).name)


def draw(report: Report, path: Path) -> Path:
    """Draw one report; returns the file."""
    if report.curves:
        return _curves(report.curves, path)
    return _bars(report, path)


def _curves(curves: list[Curves], path: Path) -> Path:
    with drawing(WIDTH, 3.2) as figure:
        panels = figure.subplots(1, len(curves), squeeze=False)[0]
        for axes, each in zip(panels, curves, strict=True):
            for (name, values), colour, marker in zip(
                each.lines.items(), COLOURS, MARKERS, strict=False
            ):
                axes.plot(each.sizes, values, marker=marker, color=colour, label=name)
            axes.set(xscale="log", title=each.title)
            axes.set_xticks(each.sizes, each.labels)
            axes.minorticks_off()
            axes.set_ylim(0, max(map(max, each.lines.values())) * 1.15)
            if len(each.lines) > 1:
                axes.legend()
        return save(figure, path)


def _bars(report: Report, path: Path) -> Path:
    groups: dict[str, list[tuple[Row, float]]] = {}
    for row, ratio in zip(report.rows, report.ratios(), strict=True):
        groups.setdefault(row.group, []).append((row, ratio))
    sizes = [len(rows) for rows in groups.values()]
    with drawing(WIDTH, sum(sizes) * BAR + (len(sizes) + 0.5) * HEAD) as figure:
        ratios = [size * BAR + HEAD / 2 for size in sizes]
        panels = figure.subplots(len(groups), 1, squeeze=False, height_ratios=ratios)[:, 0]
        for axes, (group, rows) in zip(panels, groups.items(), strict=True):
            _panel(axes, group, rows)
        figure.suptitle(report.title, x=0.01, ha="left", fontweight="bold")
        return save(figure, path)


def _panel(axes: Axes, title: str, rows: list[tuple[Row, float]]) -> None:
    """The medians of a group, their smallest and largest values, and what the ratio is."""
    longest = max(max(row.values) for row, _ in rows)
    for place, (row, ratio) in enumerate(rows):
        colour = GREY if THEIRS.search(row.subject) else BLUE
        axes.barh(place, row.median, height=0.7, color=colour)
        axes.hlines(place, min(row.values), max(row.values), color="black", linewidth=1)
        compared = f", {ratio:.1f}x" if ratio >= 1 else f", {ratio:.2f}x"
        said = f"{figures(row.median)} {row.unit}{compared if place else ''}"
        axes.text(max(row.values) + longest * 0.01, place, said, va="center", fontsize=9)
    axes.set_yticks(range(len(rows)), [row.subject for row, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, longest * 1.2)
    axes.set_title(title, fontweight="normal")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


if __name__ == "__main__":
    main()
