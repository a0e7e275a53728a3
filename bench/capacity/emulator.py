"""The same jobs for real: the emulator, RunPod's unmodified SDK in processes, and a real clock."""

from __future__ import annotations

import asyncio
import sys
from statistics import mean

import httpx
import numpy as np

from bench.report import Report, Row
from runpod_emulator.pool import Pool
from runpod_emulator.processes import Processes
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling
from runpod_emulator.serving import Endpoint, serving
from runpod_emulator.settings import EndpointSettings
from tools.capacity.figures import Figures
from tools.capacity.results import Percentiles
from tools.capacity.simulation import simulate
from tools.capacity.traffic import Demand, Lengths, Seconds, Shape, Traffic
from tools.capacity.workers import Gpu, Setup, Start, Work
from tools.workspace import ROOT

SCALING = Scaling(0, 3, idle_timeout_s=5.0)
PLACES = ((2, 2), (2, 16))  # a worker's, and while its jobs are short, as all of these are
PER_DAY = 100_000  # of half a second each


def measure(minutes: float) -> Report:
    """Send the jobs to both; the simulation is told how long the workers took to start."""
    day = Demand(PER_DAY, Shape(), Lengths(0.5, 0.8), burst=3.0, burst_s=5.0).traffic(1, seed=1)
    come = day.arrivals < minutes * 60
    traffic = Traffic(day.arrivals[come], day.audio_s[come], minutes * 60)
    sdk_s = Figures.read().value("sdk_s")
    rows, remarks = [], [f"{len(traffic.arrivals)} jobs in {minutes:g} min, at most "
                         f"{SCALING.workers_max} workers"]  # fmt: skip
    for few, many in PLACES:
        waits, latencies, pool = asyncio.run(_sent(traffic, few, many))
        start_s = mean(pool.cold_starts)
        work = Work(few, overhead_s=sdk_s, pause_s=1.0, short_concurrency=many)
        setup = Setup((Gpu("AMPERE_16", 1.0),), SCALING, Start((start_s, start_s)), work)
        ours = simulate(traffic, setup)
        jobs = f"{few} jobs, {many} short ones"
        for name, real, simulated in (
            ("wait", waits, ours.begun - traffic.arrivals),
            ("latency", latencies, ours.done - traffic.arrivals),
        ):
            both = (("emulator and SDK", real), ("simulation", simulated))
            for figure in ("mean", "p95"):
                rows += [
                    Row(f"{jobs}: {name}, {figure}", subject,
                        [getattr(Percentiles.of(times), figure)], "s")
                    for subject, times in both
                ]  # fmt: skip
        remarks.append(f"{jobs}: {len(pool.cold_starts)} starts of {start_s:.1f} s in the mean")
    return Report("The same jobs, for real and simulated", rows, remarks)


async def _sent(traffic: Traffic, few: int, many: int) -> tuple[Seconds, Seconds, Pool]:
    """Waits and latencies of the jobs, and the workers there were."""
    endpoint = Endpoint(
        EndpointSettings("ep", Rules(async_retention_s=1e6), rates={}),
        Processes([sys.executable, "-m", "bench.capacity.sdk_worker", str(few), str(many)], ROOT,
                  environment={"RUNPOD_LOG_LEVEL": "ERROR"}),
        SCALING,
    )  # fmt: skip
    async with (
        serving([endpoint]) as up,
        httpx.AsyncClient(headers={"Authorization": "key"}, timeout=60) as http,
    ):
        loop, ids = asyncio.get_running_loop(), []
        begun = loop.time()
        for at, work_s in zip(traffic.arrivals.tolist(), traffic.audio_s.tolist(), strict=True):
            await asyncio.sleep(begun + at - loop.time())
            answer = await http.post(f"{up.url}/v2/ep/run", json={"input": {"work_s": work_s}})
            ids.append(answer.json()["id"])
        jobs = [up.live("ep").queue.jobs[name] for name in ids]
        while not all(job.state.final for job in jobs):
            await asyncio.sleep(0.5)
        ends = [job.public() for job in jobs]
        waits = np.array([end["delayTime"] for end in ends]) / 1000
        took = np.array([end["executionTime"] for end in ends]) / 1000
        return waits, waits + took, up.pool("ep")
