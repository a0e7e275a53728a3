"""How many short jobs a second pass through RunPod's own worker loop, and how long callers wait.

The emulator hands them out, the unmodified SDK takes them. All of it shares this machine's cores.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median, quantiles
from typing import Any

import aiohttp

from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import OURS, Setting
from runpod_emulator.processes import Processes
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.testing import Emulated
from tools.loopback import served

RUNS = 5
CLIP_S, LONG_S = 2, 3600
CALLERS = (1, 8, 64)
BESIDE = 8  # callers with short clips while a long recording is in work
KEY = {"Authorization": "Bearer key"}
US, INLINE, PEER = "ours", "ours, the clip in the request", "the usual handler"
Job = Mapping[str, str]


def measure(setting: Setting) -> Report:
    """Jobs of one worker each, by several numbers of callers; and beside a long recording."""
    clip = setting.audio(CLIP_S)
    commands = {
        US: [str(OURS), "-m", "services.vad.handler"],
        PEER: [str(setting.peers), "-m", "bench.usual.handler"],
    }
    with ExitStack() as stack:
        short = {"audio_url": stack.enter_context(served(clip))}
        long_s = 300 if setting.quick else LONG_S
        long = {"audio_url": stack.enter_context(served(setting.audio(long_s)))}
        up = {name: stack.enter_context(_up(name, commands[name], setting)) for name in commands}
        for endpoint in up.values():
            for _ in range(2):  # the first one waits for the start
                _ask(endpoint, [short], 1)
        up[INLINE] = up[US]
        inline = {"audio_base64": base64.b64encode(clip.read_bytes()).decode()}
        jobs = {US: short, INLINE: inline, PEER: short}
        rows = []
        for callers in CALLERS:
            counts = {name: _jobs(name, callers, quick=setting.quick) for name in up}
            waits: dict[str, list[float]] = {name: [] for name in up}

            def pass_through(name: str, callers: int, counts: Any, waits: Any) -> float:
                began = time.perf_counter()
                waits[name] += _ask(up[name], [jobs[name]] * counts[name], callers)
                return (time.perf_counter() - began) / counts[name] * 1000

            rows += _rows(
                f"ms per job, callers: {callers}",
                {name: partial(pass_through, name, callers, counts, waits) for name in jobs},
                waits,
                setting,
            )
        waits = {name: [] for name in (US, PEER)}

        def beside(name: str) -> float:
            found = _ask_beside(up[name], short, long)
            waits[name] += found
            return median(found)

        group = f"wait for a clip while {length(long_s)} of audio is in work, callers: {BESIDE}"
        rows += _rows(group, {name: partial(beside, name) for name in waits}, waits, setting)
    return Report("jobs: through RunPod's worker loop, one worker", rows, [
        f"clips of {CLIP_S} s by URL from this machine; each caller sends one job after the other",
        "p50, p95: of the time from a request to its answer, over all runs",
        *setting.remarks(),
    ])  # fmt: skip


def _rows(
    group: str,
    candidates: Mapping[str, Callable[[], float]],
    waits: Mapping[str, list[float]],
    setting: Setting,
) -> Iterator[Row]:
    for name, values in in_turns(candidates, setting.runs or RUNS).items():
        edges = quantiles(waits[name], n=20)
        yield Row(group, name, values, "ms", f"p50 {edges[9]:.0f} ms, p95 {edges[18]:.0f} ms")


def _jobs(name: str, callers: int, *, quick: bool) -> int:
    """So many that both take some seconds: the SDK's pauses are a second long."""
    if name == PEER:
        return 3 if quick else 8
    return max(callers, 40 if callers == 1 else 200) * (1 if quick else 3)


@contextmanager
def _up(name: str, command: list[str], setting: Setting) -> Iterator[Emulated]:
    """An endpoint with one worker."""
    environment = {**setting.place.environment, "RUNPOD_LOG_LEVEL": "ERROR"}
    with setting.place.log().open("ab") as log:
        workers = Processes(command, setting.place.folder, environment, log.fileno())
        # More than RunPod would let through.
        settings = EndpointSettings("ours" if name == US else "usual", rates={})
        with Emulated(workers, settings) as endpoint:
            yield endpoint


def _ask(endpoint: Emulated, jobs: list[Job], callers: int) -> list[float]:
    """Milliseconds that each job took its caller."""
    return asyncio.run(_callers(endpoint.url, iter(jobs), callers))


def _ask_beside(endpoint: Emulated, short: Job, long: Job) -> list[float]:
    """The same of short jobs, as long as a long one is in work."""

    async def both() -> list[float]:
        async with aiohttp.ClientSession(headers=KEY) as client:
            waiting = asyncio.create_task(_call(client, endpoint.url, long))
            await asyncio.sleep(0.5)  # it is in work

            def while_waiting() -> Iterator[Job]:
                while not waiting.done():
                    yield short

            found = await _callers(endpoint.url, while_waiting(), BESIDE)
            await waiting
        return found

    return asyncio.run(both())


async def _callers(url: str, jobs: Iterator[Job], callers: int) -> list[float]:
    found: list[float] = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=KEY, connector=connector) as client:

        async def caller() -> None:
            for job in jobs:  # the next that no other caller took
                found.append(await _call(client, url, job))

        await asyncio.gather(*(caller() for _ in range(callers)))
    return found


async def _call(client: aiohttp.ClientSession, url: str, job: Job) -> float:
    began = time.perf_counter()
    async with client.post(f"{url}/runsync?wait=300000", json={"input": job}) as response:
        answer = await response.json()
    if answer.get("status") != "COMPLETED":
        sys.exit(f"a job has failed: {answer}")
    return (time.perf_counter() - began) * 1000
