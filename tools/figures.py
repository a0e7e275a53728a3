"""How figures look, and how they are drawn and kept: with matplotlib, the same file each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, GREY, RED, GREEN, ORANGE = "#0969da", "#8c959f", "#cf222e", "#1a7f37", "#bc4c00"
STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#d0d7de",
    "axes.grid": True,
    "axes.labelcolor": "#57606a",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "font.size": 10,
    "grid.color": "#eaeef2",
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "figures",
    "text.color": "#24292f",
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
}
# Neither a date nor a version, so that a figure drawn again is the same file.
_METADATA: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None}}


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of that size in inches, to be drawn on and saved while the context lasts."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context(STYLE):
        figure = pyplot.figure(figsize=(width, height), layout="constrained")
        try:
            yield figure
        finally:
            pyplot.close(figure)


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as what the path's ending says, PNG or SVG; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata=_METADATA[path.suffix[1:]])
    return path
