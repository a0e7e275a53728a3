"""The command ``runpod-emulator``."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from runpod_emulator.check.cli import check_command
from runpod_emulator.config import read_endpoints
from runpod_emulator.containers import Containers
from runpod_emulator.faults import Schedule
from runpod_emulator.parse import parsed
from runpod_emulator.prices import PRICES
from runpod_emulator.processes import Processes
from runpod_emulator.rest.account import Account, AccountSettings
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, Keep, serving
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.store import Store
from runpod_emulator.watch import watch_url, watched
from runpod_emulator.workers import CannotStart, Workers

app = typer.Typer(no_args_is_help=True)
app.command("check")(check_command)

LOCAL = "http://127.0.0.1:8000"


@app.callback()
def main() -> None:
    """RunPod Serverless on this machine: unmodified workers and clients run against it."""


@app.command()
def serve(
    command: Annotated[
        list[str] | None, typer.Argument(help="starts a worker, such as: python handler.py")
    ] = None,
    image: Annotated[str | None, typer.Option(help="workers are containers of this image")] = None,
    config: Annotated[Path | None, typer.Option(help="a file of endpoints, in TOML")] = None,
    endpoint: Annotated[str, typer.Option(help="the endpoint's id")] = "local",
    account: Annotated[
        bool, typer.Option(help="endpoints come over RunPod's REST API, at /v2/serverless")
    ] = False,
    port: Annotated[int, typer.Option(help="where the emulator listens", min=0, max=65_535)] = 8000,
    host: Annotated[str, typer.Option(help="on which address")] = "127.0.0.1",
    workers_min: Annotated[int, typer.Option(help="workers that are always there")] = 0,
    workers_max: Annotated[int, typer.Option(help="the most there are")] = 1,
    idle_timeout: Annotated[float, typer.Option(help="seconds a worker is kept idle")] = 60.0,
    scaler: Annotated[
        Literal["QUEUE_DELAY", "REQUEST_COUNT"], typer.Option(help="when a worker is added")
    ] = "QUEUE_DELAY",
    gpu: Annotated[str, typer.Option(help="the GPU pool prices are shown for")] = "AMPERE_16",
    state: Annotated[
        Path | None, typer.Option(help="a file that keeps jobs over a restart")
    ] = None,
    faults: Annotated[Path | None, typer.Option(help="a file of faults that are to happen")] = None,
    events: Annotated[Path | None, typer.Option(help="a file for a line per message")] = None,
    log_bodies: Annotated[bool, typer.Option(help="with what was sent")] = False,
    log: Annotated[
        Path | None, typer.Option(help="a file for what workers write, not this terminal")
    ] = None,
    view: Annotated[
        bool, typer.Option(help="show queue, workers, jobs and cost; needs --log")
    ] = False,
) -> None:
    """Serve endpoints: one that COMMAND or --image starts, those of --config, an account's."""
    if bool(config) + bool(command or image) + account != 1:
        raise typer.BadParameter("give a command, --image, --config, or --account")
    if view and log is None:
        raise typer.BadParameter("--view needs --log FILE, so that workers do not write over it")
    if not config and gpu not in PRICES:
        typer.echo(f"no price is known for {gpu}; there are {', '.join(PRICES)}", err=True)
    with ExitStack() as stack:
        try:
            output = stack.enter_context(log.open("ab")) if log else 2
            schedule = Schedule.read(faults) if faults else Schedule()
            if config:
                endpoints = read_endpoints(config, output)
            elif account:
                endpoints = []
            else:
                workers: Workers = Processes(command or (), log=output)
                if image:
                    workers = Containers(image, command, log=output)
                scaling = {
                    "workers_min": workers_min, "workers_max": workers_max,
                    "idle_timeout_s": idle_timeout, "scaler": scaler,
                }  # fmt: skip
                settings = parsed(EndpointSettings, {"id": endpoint, "gpu": gpu})
                endpoints = [Endpoint(settings, workers, parsed(Scaling, scaling))]
            keep = Keep(
                store=stack.enter_context(Store(state)) if state else None,
                events=stack.enter_context(events.open("a")) if events else None,
                bodies=log_bodies,
            )
        except (ValueError, OSError, sqlite3.Error) as error:
            raise typer.BadParameter(str(error)) from None
        of_account = Account(AccountSettings()) if account else None
        asyncio.run(_serve(endpoints, (host, port), keep, schedule, of_account, view=view))


@app.command()
def watch(
    url: Annotated[str, typer.Argument(help="where the emulator listens")] = LOCAL,
    once: Annotated[bool, typer.Option(help="show it once and end")] = False,
) -> None:
    """Show what an emulator is doing: queue, workers, jobs, cost."""
    try:
        watch_url(url, once=once)
    except ConnectionError as error:
        raise _refused(str(error)) from None
    except KeyboardInterrupt:
        pass


async def _serve(
    endpoints: Sequence[Endpoint],
    address: tuple[str, int],
    keep: Keep,
    faults: Schedule,
    account: Account | None,
    *,
    view: bool,
) -> None:
    """Serve until a signal."""
    stop = asyncio.Event()
    # A terminal that is closed must not leave workers behind.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        async with serving(endpoints, address, keep=keep, faults=faults, account=account) as up:
            if account:
                typer.echo(f"{up.url}/v2/serverless")
            for endpoint in endpoints:
                url = f"{up.url}/v2/{endpoint.settings.id}"
                typer.echo(f"{url}/run   (runsync, status, stream, cancel, ...)")
            typer.echo("Any key will do: -H 'Authorization: Bearer local'. Ctrl-C ends it.")
            if view:
                await watched(up.emulator.snapshot, stop)
            await stop.wait()
    except CannotStart as error:
        raise _refused(str(error)) from None
    except OSError as error:
        raise _refused(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}") from None


def _refused(why: str) -> typer.Exit:
    typer.echo(f"runpod-emulator: {why}", err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
