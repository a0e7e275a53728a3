"""The same jobs for real: the emulator, RunPod's unmodified SDK in processes, and a real clock."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
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

WORKER = Path(__file__).with_name("sdk_worker.py")
SCALING = Scaling(0, 3, idle_timeout_s=5.0)
CONCURRENCY = 2
PER_DAY = 100_000  # of half a second each


def measure(minutes: float) -> Report:
    """Send the jobs to both; the simulation is told how long the workers took to start."""
    day = Demand(PER_DAY, Shape(), Lengths(0.5, 0.8), burst=3.0, burst_s=5.0).traffic(1, seed=1)
    come = day.arrivals < minutes * 60
    traffic = Traffic(day.arrivals[come], day.audio_s[come], minutes * 60)
    waits, latencies, pool = asyncio.run(_sent(traffic))
    start_s = mean(pool.cold_starts)
    sdk_s = Figures.read().value("sdk_s")
    work = Work(CONCURRENCY, overhead_s=sdk_s, pause_s=1.0)
    setup = Setup((Gpu("AMPERE_16", 1.0),), SCALING, Start((start_s, start_s)), work)
    ours = simulate(traffic, setup)
    rows = []
    for name, real, simulated in (
        ("wait", waits, ours.begun - traffic.arrivals),
        ("latency", latencies, ours.done - traffic.arrivals),
    ):
        both = (("emulator and SDK", real), ("simulation", simulated))
        for figure in ("mean", "p95"):
            rows += [
                Row(f"{name}, {figure}", subject, [getattr(Percentiles.of(times), figure)], "s")
                for subject, times in both
            ]
    return Report("The same jobs, for real and simulated", rows, [
        f"{len(traffic.arrivals)} jobs in {minutes:g} min, {len(pool.cold_starts)} starts of "
        f"{start_s:.1f} s in the mean; at most {SCALING.workers_max} workers of {CONCURRENCY} jobs",
    ])  # fmt: skip


async def _sent(traffic: Traffic) -> tuple[Seconds, Seconds, Pool]:
    """Waits and latencies of the jobs, and the workers there were."""
    endpoint = Endpoint(
        EndpointSettings("ep", Rules(async_retention_s=1e6), rates={}),
        Processes([sys.executable, str(WORKER), str(CONCURRENCY)],
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
