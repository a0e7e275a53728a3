"""How many short jobs a second pass through RunPod's own worker loop, and how long callers wait.

The emulator hands them out, the unmodified SDK takes them. All of it shares this machine's cores.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import repeat, takewhile
from statistics import median, quantiles

import aiohttp

from bench.repeat import in_turns
from bench.report import Curves, Report, Row, length
from bench.vad.setting import OURS, Setting
from runpod_emulator.processes import Processes
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.testing import Emulated
from tools.loopback import served

RUNS = 5
CLIP_S, LONG_S = 2, 3600
CALLERS = (1, 8, 64)
BESIDE = 8  # callers with clips while a long recording is in work
KEY = {"Authorization": "Bearer key"}
US, INLINE, PEER = "ours", "ours, the clip in the request", "the usual handler"

Job = Mapping[str, str]
Measure = Callable[[], list[float]]  # milliseconds that each job took its caller


def measure(setting: Setting) -> Report:
    """Clips by several numbers of callers, and beside a long recording; one worker each."""
    clip, long_s = setting.audio(CLIP_S), 300 if setting.quick else LONG_S
    commands = {
        US: [str(OURS), "-m", "services.vad.handler"],
        PEER: [str(setting.peers), "-m", "bench.usual.handler"],
    }
    with ExitStack() as stack:
        by_url = {"audio_url": stack.enter_context(served(clip))}
        long = {"audio_url": stack.enter_context(served(setting.audio(long_s)))}
        inline = {"audio_base64": base64.b64encode(clip.read_bytes()).decode()}
        urls = {name: stack.enter_context(_up(commands[name], setting)) for name in commands}
        for url in urls.values():
            _ask(url, [by_url] * 12, 4)  # the start, and what a worker learns of its jobs
        ways = {US: (urls[US], by_url), INLINE: (urls[US], inline), PEER: (urls[PEER], by_url)}
        rows: list[Row] = []
        for callers in CALLERS:
            each = {
                name: partial(_ask, url, [job] * _jobs(name, callers, setting), callers)
                for name, (url, job) in ways.items()
            }
            rows += _rows(f"ms per job, callers: {callers}", each, setting, per_job=True)
        group = f"ms a clip takes while {length(long_s)} of audio is in work, callers: {BESIDE}"
        each = {name: partial(_ask_beside, urls[name], by_url, long) for name in commands}
        rows += _rows(group, each, setting, per_job=False)
    remarks = [
        f"clips of {CLIP_S} s by URL from this machine; each caller sends one job after the other",
        "p50 and p95 of the time from a request to its answer, over all runs",
        *setting.remarks(),
    ]
    title = "vad: jobs through RunPod's worker loop, one worker"
    return Report(title, rows, remarks, [_curves(rows)])


def _curves(rows: Sequence[Row]) -> Curves:
    """Jobs a second by the number of callers."""
    lines = {
        name: [1000 / row.median for row in rows if row.subject == name][: len(CALLERS)]
        for name in (US, INLINE, PEER)
    }
    labels = [str(callers) for callers in CALLERS]
    return Curves("vad: jobs a second, by callers at once", labels, list(CALLERS), lines)


def _jobs(name: str, callers: int, setting: Setting) -> int:
    """So many that they take some seconds, as the SDK's pauses take one."""
    if name == PEER:
        return 4 if setting.quick else 8
    return (1 if setting.quick else 3) * (30 if callers == 1 else 250)


def _rows(
    group: str, candidates: Mapping[str, Measure], setting: Setting, *, per_job: bool
) -> Iterator[Row]:
    """Rows of the milliseconds per job, or else of the median of what each took."""
    waits: dict[str, list[float]] = {name: [] for name in candidates}

    def once(name: str) -> float:
        began = time.perf_counter()
        found = candidates[name]()
        waits[name] += found
        return (time.perf_counter() - began) / len(found) * 1000 if per_job else median(found)

    runs = setting.runs or RUNS
    for name, values in in_turns({name: partial(once, name) for name in candidates}, runs).items():
        edges = quantiles(waits[name], n=20)
        note = f"p50 {edges[9]:.0f} ms, p95 {edges[18]:.0f} ms"
        if per_job:
            note = f"{1000 / median(values):.1f} jobs/s, {note}"
        yield Row(group, name, values, "ms", note)


@contextmanager
def _up(command: Sequence[str], setting: Setting) -> Iterator[str]:
    """The URL of an endpoint with one worker."""
    environment = {**setting.place.environment, "RUNPOD_LOG_LEVEL": "ERROR"}
    settings = EndpointSettings("ep", rates={})  # more than RunPod would let through
    with setting.place.log().open("ab") as log:
        workers = Processes(command, setting.place.folder, environment, log.fileno())
        with Emulated(workers, settings) as endpoint:
            yield endpoint.url


def _ask(url: str, jobs: Sequence[Job], callers: int) -> list[float]:
    return asyncio.run(_callers(url, iter(jobs), callers))


def _ask_beside(url: str, short: Job, long: Job) -> list[float]:
    """Of short jobs only, as long as a long one is in work."""

    async def both() -> list[float]:
        async with aiohttp.ClientSession(headers=KEY) as client:
            waiting = asyncio.create_task(_call(client, url, long))
            await asyncio.sleep(0.5)  # now it is in work
            shorts = takewhile(lambda _: not waiting.done(), repeat(short))
            found = await _callers(url, shorts, BESIDE)
            await waiting
            return found

    return asyncio.run(both())


async def _callers(url: str, jobs: Iterator[Job], callers: int) -> list[float]:
    found: list[float] = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=KEY, connector=connector) as client:

        async def caller() -> None:
            for job in jobs:  # the next that no other caller has taken
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
