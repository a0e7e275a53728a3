"""An estimate in the terminal, at 80 columns."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runpod_emulator.prices import AS_OF
from tools.capacity.charts import curve, day, front, plain_table, scaler_words, seconds
from tools.capacity.estimate import Estimate
from tools.capacity.plans import Answer, Choice
from tools.capacity.traffic import DAY_S


def show(console: Console, estimate: Estimate) -> None:
    """Print all of it."""
    for part in (_traffic, _present, _plans, _advice, front, curve, day, _figures):
        part(console, estimate)
        console.print()


def endpoint_lines(choice: Choice) -> str:
    """The lines of ``endpoint.toml`` that make an endpoint so."""
    scaling = choice.scaling
    lines = {
        "gpu": list(choice.pools),
        "workers_min": scaling.workers_min,
        "workers_max": scaling.workers_max,
    }
    if scaling.scaler == "REQUEST_COUNT":
        lines["requests_per_worker"] = scaling.request_count
    else:
        lines["idle_timeout_s"] = max(1, round(scaling.idle_timeout_s))
        lines["queue_delay_s"] = scaling.queue_delay_s
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
        f"month, p95 {seconds(pods.result.latency.p95)}{fast}"
    )


def _answer(console: Console, answer: Answer) -> None:
    result, bill = answer.result, answer.bill
    table = plain_table("seconds", "mean", "p50", "p95", "p99")
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
    table = plain_table("plan", "image", "first pull", "start", "cold jobs", "p95", "a month")
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
            seconds(answer.result.latency.p95),
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
            f"{seconds(cheaper.result.latency.p95)}: {_words(cheaper.choice)}"
        )
    gain = advice.relaxed[advice.binds]
    if gain < 0.99 * best.result.latency.p95:
        console.print(
            f"What binds: p95 is {seconds(best.result.latency.p95)}; if {advice.binds}, "
            f"it would be {seconds(gain)}."
        )
    console.print(f"\n# services/{estimate.service.name}/endpoint.toml", style="dim")
    console.print(endpoint_lines(best.choice).rstrip(), style="cyan", highlight=False)
    if best.choice.plan == "volume":
        console.print("# built with --models volume, and a network volume attached", style="dim")
    for remark in estimate.remarks:
        console.print(f"[yellow]![/] {remark}")


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
        f"{choice.plan}, {' or '.join(choice.pools)}{boot}, {scaling.workers_min}-"
        f"{scaling.workers_max} workers, idle {scaling.idle_timeout_s:g} s, {scaler_words(scaling)}"
    )
