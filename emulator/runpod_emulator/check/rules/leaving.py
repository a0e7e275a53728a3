"""How a worker leaves when it is told to."""

from __future__ import annotations

import asyncio

from runpod_emulator.check.bench import LONG_S, UNDER_WAY_S, Bench
from runpod_emulator.check.processes import ended_with
from runpod_emulator.check.trial import Trial
from runpod_emulator.check.verdict import Broken, Unseen, rule
from runpod_emulator.check.wire import TAKES


@rule("stops-idle", "SIGTERM ends it while it is idle, with exit code 0")
async def stops_idle(bench: Bench) -> None:
    """RunPod lets workers go all the time."""
    worker = await bench.shared()
    worker.tell_to_leave()
    await _ends(worker, bench.jobs.stop_timeout_s)
    if worker.exit_code != 0:
        raise Broken(f"it {ended_with(worker.exit_code or 0)}; RunPod's SDK leaves with code 0")


@rule("stops-busy", "SIGTERM lets the job in hand be finished, and then ends it")
async def stops_busy(bench: Bench) -> None:
    """A job that is thrown away is run again from its start, or lost."""
    usual = await bench.slowest()
    long = usual.seconds > LONG_S
    worker = await bench.shared()
    job = await worker.take(usual.job.input, bench.jobs.job_timeout_s)
    await asyncio.sleep(UNDER_WAY_S if long else 0)
    told_at = worker.now()
    worker.tell_to_leave()
    await _ends(worker, usual.seconds + bench.jobs.stop_timeout_s)
    result = next(worker.wire.results(job.id), None)
    if result is None and long:
        raise Broken(f"the job in hand was lost: the process {ended_with(worker.exit_code or 0)}")
    if worker.exit_code != 0:
        raise Broken(f"with a job in hand it {ended_with(worker.exit_code or 0)}")
    if result is None or result.at < told_at:
        raise Unseen("the job is too short to send SIGTERM during it; give --slow-input a longer")


@rule("stops-starting", "SIGTERM ends it while it is starting")
async def stops_starting(bench: Bench) -> None:
    """A first process that has no handler for a signal does not even notice it."""
    ordinary = await bench.shared()
    first_question_at = min(m.at for m in ordinary.wire.said(*TAKES))
    worker = await bench.fresh()
    await asyncio.sleep((first_question_at - ordinary.born_at) / 2)
    if worker.asks or worker.exit_code is not None:
        raise Unseen("it started too fast for a signal to come before")
    worker.tell_to_leave()
    await _ends(worker, bench.jobs.stop_timeout_s)


async def _ends(worker: Trial, seconds: float) -> None:
    if not await worker.has_ended(seconds):
        raise Broken(
            f"{seconds:.0f} s after the signal it is still there: something ignores SIGTERM, or is "
            "the container's first process and has no handler for it; use tini as ENTRYPOINT"
        )
