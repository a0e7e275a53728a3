"""The pictures: cost against latency, cost against traffic, and a day; as PNG and SVG."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.capacity.day import busiest
from tools.capacity.estimate import Estimate
from tools.capacity.plans import Answer
from tools.figures import BLUE, GREEN, GREY, ORANGE, RED, drawing, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = 144  # of a day: ten minutes each
_LONG = 30  # an axis whose end is so many times its beginning


def draw(estimate: Estimate, folder: Path) -> list[Path]:
    """Draw all three; returns the files, PNG and SVG of each."""
    written = []
    for name, picture in (("latency", _latency), ("traffic", _traffic), ("day", _day)):
        with drawing(8, 4.5) as figure:
            picture(estimate, figure)
            written += [save(figure, folder / f"{name}.{ending}") for ending in ("png", "svg")]
    return written


def _latency(estimate: Estimate, figure: Figure) -> None:
    axes = _logarithmic(figure)
    advice, wanted = estimate.advice, estimate.question.p95_s
    for active, colour in ((0, BLUE), (1, GREEN), (2, ORANGE)):
        tried = [a for a in advice.tried if min(a.choice.scaling.workers_min, 2) == active]
        if tried:
            label = ("no active worker", "one active worker", "two or more")[active]
            axes.scatter(*_places(tried), s=14, alpha=0.5, color=colour, label=label)
    axes.step(*_places(advice.front()), where="pre", color=GREY, label="cheapest for its speed")
    pods = estimate.pods
    axes.scatter(
        pods.result.latency.p95, pods.per_month, marker="s", color="black",
        label=f"{pods.count} x {pods.gpu} as a pod",
    )  # fmt: skip
    for answer, label, colour in (
        (estimate.present, "as it is now", RED),
        (advice.best, "advised", BLUE),
    ):
        axes.scatter(
            answer.result.latency.p95, answer.bill.per_month, s=110, facecolors="none",
            edgecolors=colour, linewidths=1.8, label=label,
        )  # fmt: skip
    axes.axvline(wanted, color=RED, linewidth=1, linestyle="--", label=f"asked for: {wanted:g} s")
    _numbered(axes)
    axes.set_xlabel("95th percentile of the latency, seconds")
    axes.set_ylabel("US dollars a month")
    axes.set_title(f"{estimate.service.name}: {len(advice.tried)} set-ups tried")
    figure.legend(loc="outside right upper")


def _traffic(estimate: Estimate, figure: Figure) -> None:
    axes = _logarithmic(figure)
    points = estimate.points
    per_day = [point.per_day for point in points]
    axes.plot(per_day, [p.pods.per_month for p in points], "s-", color=GREY, label="pods")
    costs = [p.endpoint.bill.per_month for p in points]
    axes.plot(per_day, costs, color=BLUE, label="endpoint")
    slow = [point for point in points if not point.meets]
    fast = [point for point in points if point.meets]
    for some, inside, label in ((fast, BLUE, None), (slow, "white", "too slow")):
        axes.scatter(
            [p.per_day for p in some], [p.endpoint.bill.per_month for p in some],
            s=36, zorder=3, facecolors=inside, edgecolors=BLUE, label=label if some else None,
        )  # fmt: skip
    if (crossing := estimate.break_even) is not None:
        axes.axvline(crossing, color=RED, linewidth=1, linestyle="--",
                     label=f"break-even: {crossing:,.0f} jobs a day")  # fmt: skip
    _numbered(axes)
    axes.set_xlabel("jobs a day")
    axes.set_ylabel("US dollars a month")
    axes.set_title(f"{estimate.service.name}: the advised scaling at other traffic, beside pods")
    figure.legend(loc="outside lower center", ncols=4)


def _day(estimate: Estimate, figure: Figure) -> None:
    day = busiest(estimate.best, STEPS)
    edges = np.append(day.hours, 2 * day.hours[-1] - day.hours[-2])
    come, waiting, workers = figure.subplots(3, sharex=True, height_ratios=(1, 1, 1.3))
    for axes, values, colour in ((come, day.come, GREY), (waiting, day.waiting, RED)):
        axes.stairs(values, edges, fill=True, color=colour)
    workers.stairs(day.up, edges, fill=True, color=BLUE, label="up")
    workers.stairs(
        day.up + day.starting, edges, baseline=day.up, fill=True, color=ORANGE, label="starting"
    )
    come.set_ylabel("jobs in\n10 min")
    waiting.set_ylabel("waiting,\nat most")
    workers.set_ylabel("workers,\nin the mean")
    workers.set_xlabel("hour of the day")
    workers.set_xlim(0, edges[-1])
    workers.set_xticks(np.linspace(0, edges[-1], 9))
    workers.legend(loc="upper left", ncols=2)
    workers.set_ylim(0, max(1.0, float((day.up + day.starting).max())) * 1.35)
    come.set_title(f"{estimate.service.name}: {day.name}, with the advised set-up")
    figure.align_ylabels()


def _places(answers: Iterable[Answer]) -> tuple[list[float], list[float]]:
    """Where set-ups lie between latency and cost."""
    found = list(answers)
    return [a.result.latency.p95 for a in found], [a.bill.per_month for a in found]


def _logarithmic(figure: Figure) -> Axes:
    """Both axes logarithmic."""
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log")
    return axes


def _numbered(axes: Axes) -> None:
    """Numbers that people read on the axes: few on a long one, enough on a short one."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        subs = (1.0, 2.0, 5.0) if high / low > _LONG else (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
        axis.set_major_locator(LogLocator(subs=subs, numticks=20))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
