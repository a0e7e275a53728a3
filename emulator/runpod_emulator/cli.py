"""The command ``runpod-emulator``."""

from __future__ import annotations

import asyncio
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from runpod_emulator.faults import Schedule
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Keep, Workers, serving
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store

app = typer.Typer(help="RunPod Serverless on this machine.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """RunPod Serverless on this machine: unmodified workers and clients run against it."""


@app.command()
def serve(
    command: Annotated[
        list[str], typer.Argument(help="starts a worker, such as: python handler.py")
    ],
    endpoint: Annotated[str, typer.Option(help="the endpoint's id")] = "local",
    port: Annotated[int, typer.Option(help="where the emulator listens")] = 8000,
    host: Annotated[str, typer.Option(help="on which address")] = "127.0.0.1",
    workers_min: Annotated[int, typer.Option(help="workers that are always there")] = 0,
    workers_max: Annotated[int, typer.Option(help="the most there are")] = 1,
    idle_timeout: Annotated[float, typer.Option(help="seconds a worker is kept idle")] = 60.0,
    state: Annotated[
        Path | None, typer.Option(help="a file that keeps jobs over a restart")
    ] = None,
    faults: Annotated[Path | None, typer.Option(help="a file of faults that are to happen")] = None,
    events: Annotated[Path | None, typer.Option(help="a file for a line per message")] = None,
    log_bodies: Annotated[bool, typer.Option(help="with what was sent")] = False,
) -> None:
    """Serve one endpoint; its workers are processes that COMMAND starts."""
    if shutil.which(command[0]) is None:
        raise typer.BadParameter(f"there is no program {command[0]}")
    workers = Workers(command, Scaling(workers_min, workers_max, idle_timeout))
    try:
        schedule = Schedule.read(faults) if faults else Schedule()
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    with ExitStack() as stack:
        keep = Keep(
            store=stack.enter_context(Store(state)) if state else None,
            events=stack.enter_context(events.open("a")) if events else None,
            bodies=log_bodies,
        )

        async def run() -> None:
            stop = asyncio.Event()
            for name in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(name, stop.set)
            settings, address = EndpointSettings(endpoint), (host, port)
            async with serving(settings, workers, address, keep=keep, faults=schedule) as up:
                typer.echo(f"{up.url}/v2/{endpoint}/run   (runsync, status, stream, cancel, ...)")
                typer.echo("Any key will do: -H 'Authorization: Bearer local'. Ctrl-C ends it.")
                await stop.wait()

        asyncio.run(run())


if __name__ == "__main__":
    app()
