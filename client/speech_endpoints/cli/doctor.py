"""``speech doctor``: what stands between a user and a result, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import anyio
import typer
from rich.console import Console

from speech_endpoints import jobs
from speech_endpoints.audio import Fit, Part, inline, parts_of, silence
from speech_endpoints.cli.wanted import COMMANDS
from speech_endpoints.failures import CallError, NoKey, SpeechError, WrongEndpoint
from speech_endpoints.keys import RUNPOD, address
from speech_endpoints.wire import Json, Wire

_WAIT_S = 180.0  # a first start takes as long as a large image takes to arrive
_PATIENCE_S = 3.0
_SERVICES = {wanted.kind.service: wanted.kind for wanted in COMMANDS.values()}
_MEND = {
    "no_key": "make one at https://www.runpod.io/console/user/settings and set RUNPOD_API_KEY",
    "not_authorised": "the key is of another account, was revoked, or may not use this endpoint",
    "endpoint_not_found": "copy the id from https://www.runpod.io/console/serverless",
    "unreachable": "check the URL and the network; for an endpoint on this machine, "
    "is `nox -s serve` running?",
    "missing_extra": "pip install 'speech-endpoints[audio]'",
    "waited_too_long": "look at the workers' logs on RunPod: a model or a GPU may be missing",
}


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        what: was looked at.
        told: what was seen.
        mend: what to do about it; None if it is well.
    """

    what: str
    told: str
    mend: str | None = None


def doctor(
    files: Annotated[list[str] | None, typer.Argument(help="recordings to look at")] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", "-e", help="id or URL")] = None,
    job: Annotated[
        bool, typer.Option(help="send a job: a second of silence, paid for like any other")
    ] = True,
) -> None:
    """Say what is wrong, and how to mend it: key, endpoint, workers, image, recordings."""
    console = Console(highlight=False)
    failed = False

    async def look() -> None:
        nonlocal failed
        async for found in findings(endpoint, files or [], send=job):
            failed |= found.mend is not None
            mark = "[green]ok[/green]  " if found.mend is None else "[red]bad[/red] "
            console.print(f"{mark}{found.what:10} ", end="")
            console.print(found.told, markup=False)
            if found.mend:
                console.print(f"{'':15}-> ", end="")
                console.print(found.mend, markup=False)

    anyio.run(look)
    raise typer.Exit(int(failed))


async def findings(
    endpoint: str | None, files: Sequence[str], *, send: bool
) -> AsyncIterator[Finding]:
    """Look at one thing after the other, as far as that makes sense."""
    for name in files:
        yield _recording(name)
    try:
        where = address(endpoint or "none")
    except SpeechError as error:
        yield _bad("key" if isinstance(error, NoKey) else "endpoint", error)
        return
    yield Finding("key", "there is one" if where.url.startswith(RUNPOD) else "none is needed here")
    if endpoint is None:
        yield Finding("endpoint", "none was given", "give --endpoint: its id on RunPod, or a URL")
        return
    async with Wire(where, _PATIENCE_S) as wire:
        try:
            health = await wire.ask("health")
        except CallError as error:
            yield _bad("endpoint", error)
            return
        yield Finding("endpoint", where.url)
        yield workers(health)
        if send:
            yield await _job(wire)


def workers(health: Json) -> Finding:
    """What ``/health`` tells of the workers."""
    count = {name: int(n) for name, n in (health.get("workers") or {}).items()}
    waiting = int((health.get("jobs") or {}).get("inQueue", 0))
    told = ", ".join(f"{n} {name}" for name, n in count.items() if n) or "none is up"
    told += f"; {waiting} jobs wait" if waiting else ""
    up = sum(count.get(name, 0) for name in ("idle", "ready", "running"))
    mend = None
    if count.get("unhealthy") and not up:
        mend = "they do not start: read a worker's log on RunPod; its last line names the error"
    elif count.get("throttled") and not up:
        mend = "no such GPU is free: allow more GPU pools or data centres for the endpoint"
    elif waiting and not up and not count.get("initializing"):
        mend = "nothing takes the jobs: is the endpoint's largest number of workers 0?"
    return Finding("workers", told, mend)


async def _job(wire: Wire) -> Finding:
    audio = inline(silence(1.0))
    try:
        with anyio.fail_after(_WAIT_S):
            try:
                result = await _answer(wire, audio)
            except WrongEndpoint:  # it wants to be told the task: it is a bundle
                result = await _answer(wire, {"task": "transcribe", **audio})
    except TimeoutError:
        mend = _MEND["waited_too_long"]
        return Finding("job", f"no result in {_WAIT_S:.0f} s; it was cancelled", mend)
    except SpeechError as error:
        return _bad("job", error)
    return version(result)


async def _answer(wire: Wire, asked: Json) -> Json:
    job = await jobs.answer(wire, jobs.Request(asked, short=True), jobs.Ledger())
    return jobs.whole(job["output"])


def version(result: Json) -> Finding:
    """Whether an answer is one that this client knows how to read."""
    service = result.get("service") or {}
    name, number = service.get("name"), service.get("version")
    kind = _SERVICES.get(str(name))
    if kind is None:
        return Finding("image", "it is no speech service of ours", "deploy one of our images to it")
    told = f"{name} {number}, model {(result.get('model') or {}).get('revision') or 'unverified'}"
    try:
        kind.read(result)
    except SpeechError as error:
        mend = "the image and this client are of different versions: update the older one"
        return Finding("image", f"{told}; {error}", mend)
    if name == "bundle":
        told += "; `speech transcribe`, or another command with --bundle"
    return Finding("image", told)


def _recording(name: str) -> Finding:
    if name.startswith(("https://", "http://")):
        return Finding("recording", f"{name.partition('?')[0]} is fetched by the worker")
    try:
        parts = list(parts_of(name, Fit(jobs.RUN_BYTES * 3 // 4)))
    except SpeechError as error:
        return _bad("recording", error)
    return Finding("recording", f"{Path(name).name}: {_sent(parts)}")


def _sent(parts: Sequence[Part]) -> str:
    if not parts[0].packed:
        return "is sent as it is"
    if len(parts) == 1:
        return "is packed, and sent in one job"
    return f"is packed, and sent in {len(parts)} jobs (for speakers: in one, or by URL)"


def _bad(what: str, error: SpeechError) -> Finding:
    fallback = "see docs/1-request.md for what this code means"
    return Finding(what, str(error), _MEND.get(error.code, fallback))
