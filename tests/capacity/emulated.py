"""A traffic sent to the emulator: its queue, its scaling, its workers' wire, in simulated time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from itertools import takewhile

import httpx

from runpod_emulator.app import Emulator
from runpod_emulator.pool import Pool
from runpod_emulator.rules import Rules
from runpod_emulator.settings import EndpointSettings
from shared.audio import BLOCK_S
from shared.worker.room import IN_WORK, Places
from tests.capacity.simulated_time import LoopClock
from tools.capacity.traffic import Traffic
from tools.capacity.workers import Setup


class SdkWorker:
    """A worker that takes jobs as RunPod's SDK does, and computes as ours do.

    That is one recording after the other, or, if that saves something, all together that wait and
    are of a block at most; the results of these are there at the end of all.
    """

    def __init__(self, http: httpx.AsyncClient, name: str, setup: Setup, start_s: float) -> None:
        self.exit_code: int | None = None
        self._http, self._name, self._work = http, name, setup.work
        self._rtf, self._in_progress, self._leaves = setup.gpus[0].rtf, 0, False
        few = self._work.concurrency
        self._places = Places(few, self._work.short_concurrency or few)
        self._in_work = asyncio.Semaphore(IN_WORK)
        self._engine: asyncio.Task[None] | None = None
        self._waiting: list[tuple[float, asyncio.Event]] = []
        self._jobs: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._run(start_s))

    def send(self, _: signal.Signals) -> None:
        self._leaves = True

    def kill(self) -> None:
        self._task.cancel()
        self.exit_code = -9

    async def ended(self) -> int:
        return self.exit_code or 0

    async def _run(self, start_s: float) -> None:
        await asyncio.sleep(start_s)
        begun = most = 0
        while not self._leaves:
            if not self._in_progress:
                most = self._places.jobs
            room = most - self._in_progress - begun
            if room <= 0:
                await asyncio.sleep(self._work.pause_s)
                begun = 0
                continue
            url = f"/v2/ep/job-take-batch/{self._name}?gpu=SIM&batch_size={room}"
            answer = await self._http.get(url)
            taken = answer.json() if answer.content else []
            begun = len(taken)  # the SDK counts a job twice until it has begun with it
            self._in_progress += begun
            for job in taken:
                task = asyncio.create_task(self._answer(job["id"], job["input"]["audio_s"]))
                self._jobs.add(task)
                task.add_done_callback(self._jobs.discard)
            await asyncio.sleep(0)  # others that wait for jobs come first, as over a network
        await asyncio.gather(*self._jobs)
        self.exit_code = 0

    async def _answer(self, job: str, audio_s: float) -> None:
        async with self._in_work:
            await asyncio.sleep(self._work.overhead_s + self._work.fetch_rtf * audio_s)
            done = asyncio.Event()
            self._waiting.append((audio_s, done))
            if self._engine is None or self._engine.done():
                self._engine = asyncio.create_task(self._compute())
            await done.wait()
        self._places.saw(long=audio_s > BLOCK_S)
        await self._http.post(f"/v2/ep/job-done/{self._name}/{job}?gpu=SIM", json={"output": 1})
        self._in_progress -= 1

    async def _compute(self) -> None:
        """Compute what waits: the recording that has waited longest, and what goes with it."""
        while self._waiting:
            short = list(takewhile(lambda one: one[0] <= BLOCK_S, self._waiting))
            together = (short if self._work.pass_audio_s else []) or self._waiting[:1]
            del self._waiting[: len(together)]
            each = (self._work.job_s + self._rtf * audio_s for audio_s, _ in together)
            shared = self._rtf * self._work.pass_audio_s if short else 0.0
            await asyncio.sleep(shared + sum(each))
            for _, done in together:
                done.set()


async def send(
    traffic: Traffic, setup: Setup, starts: Iterator[float]
) -> tuple[list[dict[str, float]], Pool]:
    """Send a traffic, and wait for its end.

    Returns:
        What the emulator says of each job, in milliseconds, and the workers there were.
    """
    settings = EndpointSettings("ep", Rules(async_retention_s=1e9), rates={})
    emulator = Emulator([settings], LoopClock())
    transport = httpx.ASGITransport(emulator.app)
    headers = {"Authorization": "key"}
    async with (
        emulator.lifespan(),
        httpx.AsyncClient(
            transport=transport, base_url="http://emulator", headers=headers, timeout=1e9
        ) as http,
    ):

        def start(name: str) -> SdkWorker:
            return SdkWorker(http, name, setup, next(starts))

        live = emulator.endpoints["ep"]
        pool = Pool(live, setup.scaling, start)
        task = asyncio.create_task(pool.run())
        loop = asyncio.get_running_loop()
        begun, ids = loop.time(), []
        for at, audio_s in zip(traffic.arrivals.tolist(), traffic.audio_s.tolist(), strict=True):
            await asyncio.sleep(begun + at - loop.time())
            answer = await http.post("/v2/ep/run", json={"input": {"audio_s": audio_s}})
            ids.append(answer.json()["id"])
        jobs = [live.queue.jobs[name] for name in ids]
        while not all(job.state.final for job in jobs):
            await asyncio.sleep(1)
        await asyncio.sleep(setup.scaling.idle_timeout_s + 1)
        spells_end = loop.time()
        pool.ended[:] = pool.spells(spells_end)
        pool.members.clear()
        task.cancel()
    return [job.public() for job in jobs], pool
