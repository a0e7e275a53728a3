"""What a worker does while a job runs, and while the network does not."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from runpod_emulator.check.bench import UNDER_WAY_S, Bench
from runpod_emulator.check.processes import ended_with
from runpod_emulator.check.trial import POLL_S, Lost, Trial
from runpod_emulator.check.verdict import Broken, Unseen, rule
from runpod_emulator.check.wire import TAKES
from runpod_emulator.faults import Fault

SILENCE_S = 3.0  # twice what the SDK needs from one job-stop to the next
STOPPED_S = 2.0  # until a worker has heard that a job is cancelled

STORM = (
    Fault("job-take", status=204, nth=(1,)),
    Fault("job-take", status=400, nth=(2,)),
    Fault("job-take", status=503, nth=(3,)),
    Fault("job-take", drop="before", nth=(4,)),
    Fault("job-take", status=429, nth=(5,)),
)
STORM_S = 30.0  # the SDK waits 5 s after a 429


@rule("responsive", "hears of cancellations while a job runs")
async def responsive(bench: Bench) -> None:
    """A handler that blocks the event loop keeps the SDK from asking what to stop, or to leave."""
    answer = await bench.long()
    trial = next(trial for trial in bench.trials if answer.job.id in trial.job_ids)
    await asyncio.sleep(POLL_S + 0.2)  # a question is on record when it has been answered
    asked = [message.at for message in trial.wire.said("job-stop")]
    if not asked:
        raise Unseen("it never asks which jobs to stop; RunPod's SDK does from 1.10 on")
    began, ended = answer.job.started_at or 0.0, answer.message.at
    moments = [began, *sorted(at for at in asked if began <= at <= ended), ended]
    silence = max(after - before for before, after in pairwise(moments))
    if silence > SILENCE_S:
        raise Broken(
            f"for {silence:.1f} s of a job of {ended - began:.1f} s it did not ask which jobs to "
            "stop: the handler blocks the event loop; make it async and do the work in "
            "asyncio.to_thread"
        )


@rule("cancel", "a cancelled job posts nothing, and the next is answered")
async def cancel(bench: Bench) -> None:
    """A job that goes on after it was given up costs money and keeps others waiting."""
    usual = await bench.long()
    worker = await bench.shared()
    job = await worker.take(usual.job.input, bench.jobs.job_timeout_s)
    await asyncio.sleep(UNDER_WAY_S)
    if any(worker.wire.results(job.id)):
        raise Unseen("this time the job was over before it could be cancelled")
    cancelled_at = worker.now()
    worker.cancel(job)
    would_end_at = cancelled_at + usual.seconds
    await _next_is_answered(bench, worker, "after a cancellation")
    await asyncio.sleep(max(0.0, would_end_at - worker.now()))
    posted = [m for m in worker.wire.said("job-done", "job-stream") if m.job == job.id]
    late = [m for m in posted if m.route == "job-done" or m.at > cancelled_at + STOPPED_S]
    if late:
        raise Broken(
            f"{late[0].at - cancelled_at:.1f} s after it was cancelled a job posted a result: "
            "await what can be cancelled, and let asyncio.CancelledError pass"
        )


@rule("network-faults", "survives refusals, dropped connections and a 503 on its result")
async def network_faults(bench: Bench) -> None:
    """RunPod answers 204, 400, 429 and 5xx at times, and connections break."""
    await bench.good()
    worker = await bench.shared()
    # An old SDK does not ask which jobs to stop.
    kinds = (TAKES, ("job-stop",)) if worker.wire.said("job-stop") else (TAKES,)
    routes = [route for kind in kinds for route in kind]
    worker.faults.faults[:] = [replace(f, on=route) for route in routes for f in STORM]

    def over() -> bool:
        everything = all(len(_met(worker, kind)) >= len(STORM) for kind in kinds)
        return everything or worker.exit_code is not None

    await worker.until(over, STORM_S)
    worker.faults.clear()
    for kind in kinds:
        met = _met(worker, kind)
        last = f"{met[-1] if met else 'no fault'} on {kind[0]}"
        if worker.exit_code is not None:
            raise Broken(f"after {last} the process {ended_with(worker.exit_code)}")
        if len(met) < len(STORM):
            raise Broken(f"after {last} it asked no more")
    worker.faults.faults.append(Fault("job-done", status=503, limit=1))
    await _next_is_answered(bench, worker, "after faults on job-take, and a 503 on job-done")


def _met(worker: Trial, routes: Collection[str]) -> list[str]:
    """What went wrong so far on any of these routes."""
    happened = [fault for place, fault in worker.faults.happened if place in routes]
    return [str(fault.status or "a dropped connection") for fault in happened]


async def _next_is_answered(bench: Bench, worker: Trial, when: str) -> None:
    try:
        await worker.run(bench.jobs.good, bench.jobs.job_timeout_s)
    except Lost as lost:
        raise Broken(f"{when} the next job is lost: {lost}") from None
