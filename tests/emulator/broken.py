"""Workers of the unmodified SDK, each good or broken in the one way its argument names."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
import sys
import threading
import time
import types
from collections.abc import AsyncIterator, Callable
from typing import Any

os.environ.setdefault("RUNPOD_LOG_LEVEL", "DEBUG" if "debug" in sys.argv else "INFO")

if "ignores_signals_at_first" in sys.argv:  # as a container's first process does
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "cpuinfo" not in sys.modules:  # which measures the clock rate for a second
    cpuinfo = types.ModuleType("cpuinfo")
    vars(cpuinfo)["get_cpu_info"] = lambda: {"brand_raw": "some"}
    sys.modules["cpuinfo"] = cpuinfo

import runpod  # its log level is read when it is imported

Job = dict[str, Any]


async def good(job: Job) -> dict[str, Any]:
    """Validate, wait as long as asked without blocking, answer."""
    try:
        asked = _asked(job)
    except ValueError as error:
        return {"error": f"bad_input: {error}"}
    await asyncio.sleep(asked.get("seconds", 0))
    if asked.get("large"):
        return {"error": "result_too_large: over 10 MB"}
    return {"text": f"you said: {asked['text']}"}


def _asked(job: Job) -> Job:
    asked: Job = job["input"]
    if not isinstance(asked.get("text"), str) or set(asked) - {"text", "seconds", "large"}:
        raise ValueError("text is a string, and there is nothing else")
    return asked


async def pieces(job: Job) -> AsyncIterator[dict[str, Any]]:
    """Give an answer word by word."""
    for word in str(job["input"].get("text")).split():
        yield {"word": word}


@functools.wraps(pieces)
def wrapped_pieces(job: Job) -> AsyncIterator[dict[str, Any]]:
    """A generator as a decorator leaves it: no generator function for the SDK."""
    return pieces(job)


def blocks(job: Job) -> dict[str, Any]:
    """Wait in a way that nothing else can be done meanwhile."""
    time.sleep(job["input"].get("seconds", 0))
    return {"text": "waited"}


async def cannot_be_cancelled(job: Job) -> dict[str, Any]:
    """Take a cancellation for a reason to hurry."""
    try:
        await asyncio.sleep(job["input"].get("seconds", 0))
    except asyncio.CancelledError:
        return {"text": "what is there so far"}
    return {"text": "waited"}


async def errs_in_objects(job: Job) -> dict[str, Any]:
    """Give errors as objects."""
    answer = await good(job)
    if "error" in answer:
        return {"error": {"code": 400, "message": answer["error"]}}
    return answer


async def raises(job: Job) -> dict[str, Any]:
    """Leave exceptions to the SDK."""
    return {"text": _asked(job)["text"]}


async def gives_a_set(job: Job) -> dict[str, Any]:
    """Answer with what JSON has no word for."""
    return {"words": set(job["input"]["text"].split())}


async def gives_nan(_: Job) -> dict[str, Any]:
    """Answer with a number that is none."""
    return {"score": float("nan")}


async def exits(_: Job) -> dict[str, Any]:
    """Take the process along."""
    sys.exit(3)


async def exits_when_odd(job: Job) -> dict[str, Any]:
    """Take the process along if the caller does not know what it wants."""
    answer = await good(job)
    if "error" in answer:
        os._exit(7)
    return answer


async def hangs(_: Job) -> dict[str, Any]:
    """Never answer."""
    await asyncio.sleep(3600)
    return {}


async def logs(job: Job) -> dict[str, Any]:
    """Tell the log what the caller said."""
    answer = await good(job)
    logging.warning("asked: %s", job["input"])
    return answer


async def gives_too_much(job: Job) -> dict[str, Any]:
    """Answer with more than RunPod passes on, if asked."""
    return {"text": "x" * (11 * 2**20 if job["input"].get("large") else 20)}


async def reports_late(job: Job) -> dict[str, Any]:
    """Report progress the way the SDK offers, right before the end."""
    late = (job, "almost")  # the SDK sends it in a thread, and here that thread is slow
    threading.Timer(0.2, runpod.serverless.progress_update, late).start()
    return {"text": "done"}


async def reports_in_time(job: Job) -> dict[str, Any]:
    """Report progress early enough."""
    runpod.serverless.progress_update(job, "half")
    await asyncio.sleep(2)
    return {"text": "done"}


def gives_up_on_refusals() -> None:
    """End when RunPod says something unexpected."""
    from runpod.serverless.modules import rp_scale

    ask = rp_scale.get_job

    async def strictly(session: Any, count: int) -> Any:
        try:
            return await ask(session, count)
        except Exception:  # noqa: BLE001 - which is what is wrong with it
            os._exit(9)

    rp_scale.get_job = strictly


def throws_its_job_away() -> None:
    """Leave at once, whatever is in hand."""
    from runpod.serverless.modules.rp_scale import JobScaler

    JobScaler.handle_shutdown = lambda *_: os._exit(0)


def ignores_signals() -> None:
    """Stay, whatever it is told."""
    from runpod.serverless.modules.rp_scale import JobScaler

    JobScaler.handle_shutdown = lambda *_: None


HANDLERS: dict[str, Callable[[Job], Any]] = {
    function.__name__: function
    for function in (
        good, pieces, blocks, cannot_be_cancelled, errs_in_objects, raises, gives_a_set, gives_nan,
        exits, exits_when_odd, hangs, logs, gives_too_much, reports_late, reports_in_time,
    )
} | {"wrapped_pieces": wrapped_pieces}  # fmt: skip
HABITS: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (
        gives_up_on_refusals, throws_its_job_away, ignores_signals,
    )
}  # fmt: skip


def start() -> None:
    """Be the worker the arguments name."""
    ways = sys.argv[1:]
    if "crashes" in ways:
        sys.exit("no model in /models")
    for way in ways:
        HABITS.get(way, lambda: None)()
    (handler,) = [HANDLERS[way] for way in ways if way in HANDLERS] or [good]
    runpod.serverless.start({
        "handler": handler,
        "return_aggregate_stream": "not_gathered" not in ways,
        "concurrency_modifier": lambda _: 4,
    })  # fmt: skip


if __name__ == "__main__" or "unguarded" in sys.argv:
    start()
