"""How a worker comes up."""

from __future__ import annotations

from runpod_emulator.check.bench import Bench, DidNotStart
from runpod_emulator.check.processes import is_shell, processes_of
from runpod_emulator.check.spawn import MARK, spawning
from runpod_emulator.check.verdict import Broken, Unseen, rule

PING_S = 5.0  # until a first ping, in a process that need not import everything again
UNGUARDED = "finished its bootstrapping phase"  # multiprocessing's words


@rule("starts", "asks for jobs in time")
async def starts(bench: Bench) -> None:
    """A worker that loads its model for too long, or crashes, never gets a job."""
    try:
        await bench.shared()
    except DidNotStart as error:
        raise Broken(error.why) from None


@rule("first-process", "no shell stands above the worker")
async def first_process(bench: Bench) -> None:
    """A shell keeps SIGTERM from its child, or dies and leaves it behind."""
    worker = await bench.shared()
    tree = processes_of(worker.worker)
    if not tree:
        raise Unseen("the processes of the worker cannot be listed on this machine")
    parents = {process.parent for process in tree}
    for process in tree:
        if is_shell(process.command) and process.pid in parents:
            raise Broken(
                f"`{process.command[:60]}` waits for the worker, and signals do not get past it: "
                "start Python with `exec`, or with an ENTRYPOINT or CMD in brackets"
            )


@rule("main-guard", "pings come even if processes are spawned, as from Python 3.14 on")
async def main_guard(bench: Bench) -> None:
    """Without a guard the SDK's process for pings starts a worker instead, and fails."""
    ordinary = await bench.shared()
    if not await ordinary.until(lambda: ordinary.wire.said("ping"), PING_S):
        raise Unseen("it sends no pings in an ordinary run either")
    worker = await bench.fresh(spawning(bench.workers))
    try:
        await bench.asks(worker)
    except DidNotStart as error:
        raise Broken(f"when processes are spawned, it does not start: {error.why}") from None
    if MARK not in worker.log:
        raise Unseen("its Python reads no PYTHONPATH, or it is no Python")
    start_s = worker.now() - worker.born_at

    def over() -> bool:
        return bool(worker.wire.said("ping")) or UNGUARDED in worker.log

    # The process for pings imports what the worker did.
    limit = 3 * start_s + PING_S
    await worker.until(over, limit)
    if worker.wire.said("ping"):
        return
    if UNGUARDED in worker.log:
        raise Broken(
            "no pings come, and RunPod takes its jobs away: put `runpod.serverless.start(...)` "
            'below `if __name__ == "__main__":`'
        )
    raise Broken(f"no pings came within {limit:.0f} s of its start")
