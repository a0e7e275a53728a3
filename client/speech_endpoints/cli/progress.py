"""How far a run is: a line that changes, and what there is to say at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from speech_endpoints.cli.batch import Tally
from speech_endpoints.vendored.prices import AS_OF, PRICES

_MOST_FAILURES = 50


@contextmanager
def shown(console: Console, tally: Tally, files: int, size: int, gpu: str) -> Iterator[None]:
    """Show the progress while the context lasts, if there is a terminal to show it on.

    Args:
        console: the terminal.
        tally: how far the run is.
        files: how many recordings there are.
        size: of all of them in bytes, which the time that is left is reckoned by.
        gpu: the pool of the endpoint's workers, which the cost is reckoned by.
    """
    columns = (
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    if not console.is_terminal or files < 2:
        yield
        return
    with Progress(*columns, console=console) as progress:
        by_size = size > 0
        task = progress.add_task("", total=size if by_size else files, told="")

        def changed() -> None:
            over = tally.done + len(tally.failures)
            failed = f", [red]{len(tally.failures)} failed[/red]" if tally.failures else ""
            told = f"{over}/{files} files{failed}, {spent(tally, gpu)}"
            progress.update(task, completed=tally.bytes if by_size else over, told=told)

        tally.changed = changed
        changed()
        yield


def spent(tally: Tally, gpu: str) -> str:
    """Audio-hours done, and what the work on them cost."""
    cost = tally.execution_s * PRICES[gpu].flex
    return f"{tally.audio_s / 3600:.2f} h of audio, ${cost:.4f}"


def summary(console: Console, tally: Tally, gpu: str) -> None:
    """Say what there is to say at the end: failures with their reasons, work, cost."""
    for recording, reason in tally.failures[:_MOST_FAILURES]:
        console.print(f"[red]{escape(recording.shown)}[/red]: {escape(reason)}")
    if len(tally.failures) > _MOST_FAILURES:
        console.print(f"and {len(tally.failures) - _MOST_FAILURES} more")
    console.print(
        f"{tally.done} done, {len(tally.failures)} failed, {spent(tally, gpu)} "
        f"({gpu}, prices of {AS_OF}; starts and idle workers come on top)"
    )
