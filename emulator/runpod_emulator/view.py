"""What an emulator is doing, as a live picture in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from runpod_emulator.prices import AS_OF
from runpod_emulator.snapshot import EndpointSnapshot, JobSnapshot

COLOURS = {
    "IN_QUEUE": "yellow", "IN_PROGRESS": "cyan", "COMPLETED": "green", "FAILED": "red",
    "CANCELLED": "magenta", "TIMED_OUT": "red",
    "initializing": "yellow", "idle": "white", "running": "cyan", "leaving": "magenta",
    "unhealthy": "red",
}  # fmt: skip


def picture(endpoints: Sequence[EndpointSnapshot], jobs: int = 8) -> RenderableType:
    """The endpoints as something that rich prints.

    Args:
        endpoints: how they are.
        jobs: how many of the latest jobs are shown of each.
    """
    return Group(*(_endpoint(endpoint, jobs) for endpoint in endpoints))


def _endpoint(endpoint: EndpointSnapshot, jobs: int) -> Panel:
    counts = endpoint.counts
    queue = Text.assemble(
        ("queue ", "dim"), f"{counts['inQueue']}   ",
        ("in progress ", "dim"), f"{counts['inProgress']}   ",
        ("completed ", "dim"), (f"{counts['completed']}   ", "green"),
        ("failed ", "dim"), (f"{counts['failed']}   ", "red" if counts["failed"] else ""),
        ("retried ", "dim"), f"{counts['retried']}",
    )  # fmt: skip
    parts: list[RenderableType] = [queue, _workers(endpoint)]
    if endpoint.jobs:
        parts.append(_jobs(endpoint.jobs[:jobs]))
    title, cost = f"[bold]{endpoint.id}[/bold]", _cost(endpoint)
    return Panel(Group(*parts), title=title, title_align="left", subtitle=cost)


def _workers(endpoint: EndpointSnapshot) -> RenderableType:
    if endpoint.crashed is not None:
        return Text(f"the last worker ended by itself, with exit code {endpoint.crashed}", "red")
    if not endpoint.workers:
        return Text("no workers: the endpoint is scaled to zero", "dim")
    table = Table("worker", "state", "jobs", "cold start", "up", box=None, header_style="dim")
    for worker in endpoint.workers:
        table.add_row(
            worker.id, _coloured(worker.state), str(worker.jobs), seconds(worker.cold_start_s),
            seconds(worker.up_s),
        )  # fmt: skip
    return table


def _jobs(jobs: Sequence[JobSnapshot]) -> Table:
    table = Table("job", "state", "delay", "execution", "worker", box=None, header_style="dim")
    for job in jobs:
        again = f" (retry {job.retries})" if job.retries else ""
        table.add_row(
            job.id[:18], _coloured(job.state, again), seconds(job.delay_s),
            seconds(job.execution_s), job.worker or "",
        )  # fmt: skip
    return table


def _coloured(state: str, more: str = "") -> Text:
    return Text(state + more, COLOURS.get(state, ""))


def _cost(endpoint: EndpointSnapshot) -> str:
    billed = f"{endpoint.billed_s} s billed"
    if endpoint.cold_start_s is not None:
        billed = f"cold start {seconds(endpoint.cold_start_s)} · {billed}"
    if endpoint.price_per_s is None:
        return billed
    cost = endpoint.billed_s * endpoint.price_per_s
    return f"{billed} · ${cost:.4f} on {endpoint.gpu} (prices of {AS_OF})"


def seconds(number: float | None) -> str:
    """Seconds as people read them; empty if they are not known."""
    if number is None:
        return ""
    if number < 1:
        return f"{number * 1000:.0f} ms"
    return f"{number:.1f} s" if number < 60 else f"{number // 60:.0f} min {number % 60:.0f} s"
