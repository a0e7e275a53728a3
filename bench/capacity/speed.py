"""How long a million jobs take on one core."""

from __future__ import annotations

import time

from bench.report import Report, Row
from runpod_emulator.scaling import Scaling
from tools.capacity.simulation import simulate
from tools.capacity.traffic import SHAPES, Demand, Lengths
from tools.capacity.workers import Gpu, Setup, Start, Work

JOBS = 1_000_000
WORK = Work(concurrency=4, overhead_s=0.3, fetch_rtf=0.0026, pause_s=1.0)


def measure(runs: int) -> Report:
    """Measure two endpoints."""
    traffic = Demand(JOBS / 7, SHAPES["office"], Lengths(60.0, 0.8)).traffic(7)
    gpu, start = (Gpu("AMPERE_16", 0.0124),), Start((5.4, 13.0))
    setups = {
        "8 workers, always there": Setup(gpu, Scaling(8, 8), start, WORK),
        "0 to 16 workers, by delay": Setup(gpu, Scaling(0, 16, 10.0), start, WORK),
    }
    rows = []
    for name, setup in setups.items():
        values = []
        for _ in range(runs):
            began = time.process_time()
            simulate(traffic, setup)
            values.append(time.process_time() - began)
        rows.append(Row(f"{len(traffic.arrivals):,} jobs", name, values, "s"))
    return Report("Simulating a week", rows, ["CPU seconds of one core; traffic: office hours"])
