"""An estimate in the terminal, at 80 columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runpod_emulator.prices import AS_OF
from runpod_emulator.scaling import Scaling
from tools.capacity.day import busiest
from tools.capacity.estimate import Estimate
from tools.capacity.plans import Answer, Choice
from tools.capacity.traffic import DAY_S, Seconds

_LEVELS = " ▁▂▃▄▅▆▇█"
_STEPS = 60
_BAR = 18
_MOST_ROWS = 10


def show(console: Console, estimate: Estimate) -> None:
    """Print all of it."""
    for part in (_traffic, _present, _plans, _advice, _front, _curve, _day, _figures):
        part(console, estimate)
        console.print()


def endpoint_lines(choice: Choice) -> str:
    """The lines of ``endpoint.toml`` that make an endpoint so."""
    scaling = choice.scaling
    lines = {
        "gpu": list(choice.pools),
        "workers_min": scaling.workers_min,
        "workers_max": scaling.workers_max,
        "idle_timeout_s": max(1, round(scaling.idle_timeout_s)),
        "queue_delay_s": scaling.queue_delay_s,
    }
    if scaling.scaler == "REQUEST_COUNT":
        lines["request_count"] = scaling.request_count
    # Strings, numbers and lists of strings are in JSON what they are in TOML.
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())


def _traffic(console: Console, estimate: Estimate) -> None:
    traffic, thumb = estimate.traffic, estimate.thumb
    console.print(
        f"[bold]{estimate.service.name}[/]: {traffic.per_day:,.0f} jobs a day, "
        f"{traffic.audio_s.mean():,.0f} s of audio each in the mean; "
        f"{len(traffic.arrivals):,} jobs in {traffic.period_s / DAY_S:.3g} days"
    )
    console.print(
        f"By the rule of thumb {thumb.request_s:.2f} s x ${thumb.price_per_s:.5f} x "
        f"{thumb.requests:,.0f} jobs = ${thumb.per_day:.2f} a day, "
        f"${thumb.per_month:,.2f} a month; "
        "workers' starts, their waiting for the next job, and storage are not in it."
    )


def _present(console: Console, estimate: Estimate) -> None:
    console.print(f"[bold]As it is now[/]: {_words(estimate.present.choice)}")
    _answer(console, estimate.present)
    pods = estimate.pods
    fast = "" if pods.meets else ", and too slow"
    console.print(
        f"beside {pods.count} x {pods.gpu} as a pod, all day: [bold]${pods.per_month:,.2f}[/] a "
        f"month, p95 {_s(pods.result.latency.p95)}{fast}"
    )


def _answer(console: Console, answer: Answer) -> None:
    result, bill = answer.result, answer.bill
    table = _table("seconds", "mean", "p50", "p95", "p99")
    for name, times in (
        ("until a worker takes it", result.wait),
        ("until it is done", result.latency),
    ):
        table.add_row(name, *(f"{t:.2f}" for t in (times.mean, times.p50, times.p95, times.p99)))
    console.print(table)
    console.print(
        f"{result.cold_share:.0%} of the jobs wait for a worker to start. Of the time that is "
        f"billed, workers work {result.busy_share:.0%}, start {result.start_share:.0%}, "
        f"wait for jobs {result.idle_share:.0%}."
    )
    parts = {
        "flex workers": bill.flex,
        "active workers": bill.active,
        "disks": bill.disk,
        "network volume": bill.volume,
    }
    share = bill.per_month / bill.total if bill.total else 0.0
    told = ", ".join(f"{name} ${cost * share:,.2f}" for name, cost in parts.items() if cost)
    console.print(
        f"[bold]${bill.per_month:,.2f}[/] a month ({told}), ${bill.per_day:,.2f} a day, "
        f"${bill.per_audio_hour:.3f} an hour of audio"
    )


def _plans(console: Console, estimate: Estimate) -> None:
    table = _table("plan", "image", "first pull", "start", "cold jobs", "p95", "a month")
    service = estimate.service
    rows: list[tuple[str, Answer]] = [*estimate.plans.items(), ("  FlashBoot hits", estimate.warm)]
    for name, answer in rows:
        choice = answer.choice
        start = service.start(choice.plan, choice.hits)
        low, high = start.flashboot if choice.hits else start.cold
        table.add_row(
            name,
            f"{service.image_mb(choice.plan) / 1000:.1f} GB",
            f"{service.pull_s(choice.plan):.0f} s",
            f"{low:.1f} - {high:.1f} s",
            f"{answer.result.cold_share:.0%}",
            _s(answer.result.latency.p95),
            f"${answer.bill.per_month:,.2f}",
        )
    console.print("[bold]The plans[/], scaled as now; a first pull is not billed")
    console.print(table)


def _advice(console: Console, estimate: Estimate) -> None:
    advice, wanted = estimate.advice, estimate.question.p95_s
    best = advice.best
    if advice.met:
        console.print(f"[bold green]Advice[/] for p95 below {wanted:g} s: {_words(best.choice)}")
    else:
        console.print(
            f"[bold red]Nothing tried[/] has its p95 below {wanted:g} s; the fastest: "
            f"{_words(best.choice)}"
        )
    _answer(console, best)
    if (cheaper := advice.cheaper) is not None and advice.met:
        console.print(
            f"The next cheaper, ${cheaper.bill.per_month:,.2f}, has its p95 at "
            f"{_s(cheaper.result.latency.p95)}: {_words(cheaper.choice)}"
        )
    gain = advice.relaxed[advice.binds]
    if gain < 0.99 * best.result.latency.p95:
        console.print(
            f"What binds: p95 is {_s(best.result.latency.p95)}; if {advice.binds}, "
            f"it would be {_s(gain)}."
        )
    console.print(f"\n# services/{estimate.service.name}/endpoint.toml", style="dim")
    console.print(endpoint_lines(best.choice).rstrip(), style="cyan", highlight=False)
    if best.choice.plan == "volume":
        console.print("# built with --models volume, and a network volume attached", style="dim")
    for remark in estimate.remarks:
        console.print(f"[yellow]![/] {remark}")


def _front(console: Console, estimate: Estimate) -> None:
    front = estimate.advice.front()
    step = max(1, -(-len(front) // _MOST_ROWS))
    shown = [a for n, a in enumerate(front) if n % step == 0 or a is estimate.advice.best]
    dearest = max(answer.bill.per_month for answer in shown)
    table = _table("a month", "p95", "", "set-up", left=(2, 3))
    for answer in shown:
        bar = "█" * max(1, round(answer.bill.per_month / dearest * _BAR * 2 / 3))
        style = "green" if answer.result.latency.p95 <= estimate.question.p95_s else "red"
        mark = " <" if answer is estimate.advice.best else ""
        table.add_row(
            f"${answer.bill.per_month:,.2f}",
            _s(answer.result.latency.p95),
            Text(bar, style),
            _short(answer.choice) + mark,
        )
    console.print(
        f"[bold]Cost against latency[/]: of {len(estimate.advice.tried)} set-ups, those that "
        "nothing is both cheaper and faster than"
    )
    console.print(table)


def _curve(console: Console, estimate: Estimate) -> None:
    dearest = max(max(p.endpoint.bill.per_month, p.pods.per_month) for p in estimate.points)
    table = _table("jobs a day", "endpoint", "", "pods", "", left=(2, 4))
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
    crossing = estimate.break_even
    told = (
        f"pods are cheaper from about {_round(crossing)} jobs a day on"
        if crossing
        else "neither becomes cheaper than the other in this range"
    )
    console.print(f"[bold]Cost a month against traffic[/], the advised set-up: {told}")
    console.print(table)


def _day(console: Console, estimate: Estimate) -> None:
    day = busiest(estimate.best, _STEPS)
    console.print(f"[bold]The busiest day[/] with the advised set-up: {day.name}")
    for name, values, style in (
        ("jobs come", day.come, "cyan"),
        ("waiting", day.waiting, "red"),
        ("starting", day.starting, "yellow"),
        ("workers up", day.up, "green"),
    ):
        top = f"{values.max():.3g}"
        console.print(Text.assemble(f"{name:10} ", (_line(values), style), f" {top:>5}"))
    hours = (day.hours[-1] + day.hours[1]) if len(day.hours) > 1 else 24.0
    marks = "".join(f"{hours * n / 4:<{_STEPS // 4}.3g}" for n in range(4))
    console.print(f"{'hour':10} {marks}   top", style="dim")


def _figures(console: Console, estimate: Estimate) -> None:
    figures = estimate.service.figures
    console.print(f"[bold]What this rests on[/] (figures of {figures.as_of}, prices of {AS_OF})")
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    for figure in figures.used.values():
        value = f"{figure.value:g}" + (f"-{figure.to:g}" if figure.to else "")
        kind = Text("measured", "green") if figure.measured else Text("assumed", "yellow")
        if figure.source == "given":
            kind = Text("given", "cyan")
        told = "" if figure.source == "given" else figure.source
        table.add_row(figure.name, value, kind, Text(told, "dim"))
    console.print(table)


def _words(choice: Choice) -> str:
    scaling = choice.scaling
    boot = f", FlashBoot {choice.hits:.0%}" if choice.hits else ""
    return (
        f"{choice.plan} on {' or '.join(choice.pools)}{boot}, {scaling.workers_min} to "
        f"{scaling.workers_max} workers, idle {scaling.idle_timeout_s:g} s, {_scaler(scaling)}"
    )


def _short(choice: Choice) -> str:
    scaling = choice.scaling
    return (
        f"{choice.plan} {'/'.join(choice.pools)} {scaling.workers_min}-{scaling.workers_max} "
        f"idle {scaling.idle_timeout_s:g} {_scaler(scaling)}"
    )


def _scaler(scaling: Scaling) -> str:
    if scaling.scaler == "REQUEST_COUNT":
        return f"count {scaling.request_count}"
    return f"delay {scaling.queue_delay_s:g}"


def _table(*headings: str, left: Iterable[int] = ()) -> Table:
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


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 1000 else f"{seconds / 3600:.1f} h"


def _round(jobs: float) -> str:
    return f"{float(f'{jobs:.2g}'):,.0f}"
