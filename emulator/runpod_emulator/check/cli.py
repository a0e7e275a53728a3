"""The command ``runpod-emulator check``."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from runpod_emulator.check.jobs import MADE_UP, Input, Jobs, read_input
from runpod_emulator.check.report import as_json, passed, table
from runpod_emulator.check.run import check
from runpod_emulator.check.verdict import Rule, Verdict
from runpod_emulator.containers import Containers
from runpod_emulator.processes import Processes
from runpod_emulator.workers import CannotStart

TEST_INPUT = Path("test_input.json")


def check_command(
    command: Annotated[
        list[str] | None, typer.Argument(help="starts a worker, such as: python handler.py")
    ] = None,
    image: Annotated[str | None, typer.Option(help="workers are containers of this image")] = None,
    job: Annotated[
        Path | None, typer.Option("--input", help="a good job; test_input.json if there is one")
    ] = None,
    slow_input: Annotated[Path | None, typer.Option(help="a job that takes 5 s or so")] = None,
    large_input: Annotated[
        Path | None, typer.Option(help="a job whose result would be over 10 MB")
    ] = None,
    start_timeout: Annotated[float, typer.Option(help="seconds a start may take")] = 120.0,
    job_timeout: Annotated[float, typer.Option(help="seconds a job may take")] = 60.0,
    stop_timeout: Annotated[float, typer.Option(help="seconds an end may take")] = 10.0,
    logs: Annotated[Path | None, typer.Option(help="a folder to keep the workers' logs in")] = None,
    json: Annotated[bool, typer.Option("--json", help="print JSON, not a table")] = False,
) -> None:
    """Run a worker through RunPod's rules, and say which it breaks."""
    if not command and image is None:
        raise typer.BadParameter("give a command, or --image")
    workers: Processes | Containers = Processes(command or ())
    if image is not None:
        workers = Containers(image, command)
    if job is None and TEST_INPUT.is_file():
        job = TEST_INPUT
    try:
        good, slow, large = (_read(file) for file in (job, slow_input, large_input))
        timeouts = (start_timeout, job_timeout, stop_timeout)
        jobs = Jobs(good or MADE_UP, good is None, slow, large, *timeouts)
        with tempfile.TemporaryDirectory(prefix="runpod-emulator-") as passing:
            folder = logs or Path(passing)
            folder.mkdir(parents=True, exist_ok=True)
            verdicts = asyncio.run(_watched(workers, folder, jobs))
    except (ValueError, OSError, CannotStart) as error:
        raise typer.BadParameter(str(error)) from None
    if json:
        typer.echo(as_json(verdicts))
    else:
        Console().print(table(verdicts))
    raise typer.Exit(0 if passed(verdicts) else 1)


def _read(file: Path | None) -> Input | None:
    return None if file is None else read_input(file)


async def _watched(workers: Processes | Containers, folder: Path, jobs: Jobs) -> Sequence[Verdict]:
    """Check, and show on standard error how far it is."""
    with Console(stderr=True).status("") as status:

        def show(rule: Rule) -> None:
            status.update(f"{rule.id}: {rule.says}")

        return await check(workers, folder, jobs, on_rule=show)
