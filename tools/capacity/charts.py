"""The pictures of an estimate in the terminal, at 80 columns, and what texts have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runpod_emulator.scaling import Scaling
from tools.capacity.day import busiest
from tools.capacity.estimate import Estimate
from tools.capacity.plans import Choice
from tools.capacity.traffic import Seconds

_LEVELS = " ▁▂▃▄▅▆▇█"
_STEPS = 60
_BAR = 18
_MOST_ROWS = 10


def front(console: Console, estimate: Estimate) -> None:
    """Cost against latency, the advised set-up marked."""
    best = estimate.advice.front()
    step = max(1, -(-len(best) // _MOST_ROWS))
    shown = [a for n, a in enumerate(best) if n % step == 0 or a is estimate.advice.best]
    dearest = max(answer.bill.per_month for answer in shown)
    table = plain_table("a month", "p95", "", "set-up", left=(2, 3))
    for answer in shown:
        bar = "█" * max(1, round(answer.bill.per_month / dearest * _BAR * 2 / 3))
        style = "green" if answer.result.latency.p95 <= estimate.question.p95_s else "red"
        mark = " <" if answer is estimate.advice.best else ""
        table.add_row(
            f"${answer.bill.per_month:,.2f}",
            seconds(answer.result.latency.p95),
            Text(bar, style),
            _short(answer.choice) + mark,
        )
    console.print(
        f"[bold]Cost against latency[/]: of {len(estimate.advice.tried)} set-ups, those that "
        "nothing is both cheaper and faster than ([red]red[/]: too slow)"
    )
    console.print(table)


def curve(console: Console, estimate: Estimate) -> None:
    """Cost against traffic, beside pods."""
    dearest = max(max(p.endpoint.bill.per_month, p.pods.per_month) for p in estimate.points)
    table = plain_table("jobs a day", "endpoint", "", "pods", "", left=(2, 4))
    for point in estimate.points:
        bars = [
            Text("█" * max(1, round(cost / dearest * _BAR)), style)
            for cost, style in (
                (point.endpoint.bill.per_month, "green" if point.meets else "red"),
                (point.pods.per_month, "blue"),
            )
        ]
        table.add_row(
            f"{point.per_day:,.0f}",
            f"${point.endpoint.bill.per_month:,.2f}",
            bars[0],
            f"{point.pods.count} x ${point.pods.per_month / point.pods.count:,.0f}",
            bars[1],
        )
    console.print(
        "[bold]Cost a month against traffic[/], the advised set-up with up to "
        f"{estimate.question.most_workers} workers ([red]red[/]: too slow): {_cheaper(estimate)}"
    )
    console.print(table)


def _cheaper(estimate: Estimate) -> str:
    if (crossing := estimate.break_even) is not None:
        return f"pods are cheaper from about {float(f'{crossing:.2g}'):,.0f} jobs a day on"
    first = estimate.points[0]
    cheaper = "pods are" if first.endpoint.bill.per_month > first.pods.per_month else "it is"
    return f"{cheaper} cheaper all the way"


def day(console: Console, estimate: Estimate) -> None:
    """The busiest day, hour by hour; at the end of each line its largest value."""
    busy = busiest(estimate.best, _STEPS)
    console.print(f"[bold]The busiest day[/] with the advised set-up: {busy.name}")
    for name, values, style in (
        ("jobs come", busy.come, "cyan"),
        ("waiting", busy.waiting, "red"),
        ("starting", busy.starting, "yellow"),
        ("workers up", busy.up, "green"),
    ):
        top = f"{values.max():,.3g}" if values.max() >= 1 else f"{values.max():.1g}"
        console.print(Text.assemble(f"{name:10} ", (_line(values), style), f" {top:>5}"))
    hours = (busy.hours[-1] + busy.hours[1]) if len(busy.hours) > 1 else 24.0
    marks = "".join(f"{hours * n / 4:<{_STEPS // 4}.3g}" for n in range(4))
    console.print(f"{'hour':10} {marks}   top", style="dim")


def scaler_words(scaling: Scaling) -> str:
    """RunPod's scaler and its one setting."""
    if scaling.scaler == "REQUEST_COUNT":
        return f"count {scaling.request_count}"
    return f"delay {scaling.queue_delay_s:g} s"


def _short(choice: Choice) -> str:
    scaling = choice.scaling
    return (
        f"{choice.plan} {'/'.join(choice.pools)} {scaling.workers_min}-{scaling.workers_max} "
        f"idle {scaling.idle_timeout_s:g} {scaler_words(scaling)}"
    )


def plain_table(*headings: str, left: Iterable[int] = ()) -> Table:
    """A table without lines: names on the left, numbers on the right but for some columns."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        numbers = number and number not in left
        table.add_column(heading, justify="right" if numbers else "left", no_wrap=True)
    return table


def _line(values: Seconds) -> str:
    top = float(values.max()) or 1.0
    return "".join(_glyphs(values / top))


def _glyphs(shares: Seconds) -> Iterator[str]:
    for share in shares:
        level = round(share * (len(_LEVELS) - 1))
        yield _LEVELS[max(level, 1 if share > 0 else 0)]


def seconds(length: float) -> str:
    """A time to be read."""
    return f"{length:.1f} s" if length < 1000 else f"{length / 3600:.1f} h"
