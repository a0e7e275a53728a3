"""A worker of the unmodified SDK that does what a job's input says."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import runpod


async def handler(job: dict[str, Any]) -> Any:
    """Do what is asked."""
    asked = job["input"]
    if "delay" in asked:
        await asyncio.sleep(asked["delay"])
    match asked.get("do"):
        case "raise":
            raise ValueError("on purpose")
        case "exit":
            sys.exit(3)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "refresh":
            return {"refresh_worker": True, "pid": os.getpid()}
        case "not json":
            return {1, 2}
        case "error":
            return {"error": "bad_input: on purpose"}
        case "progress":
            runpod.serverless.progress_update(job, "half")
            await asyncio.sleep(1)
    return {"echo": asked, "pid": os.getpid()}


async def pieces(job: dict[str, Any]) -> AsyncIterator[Any]:
    """Give as many pieces as asked for."""
    for number in range(job["input"]["count"]):
        yield {"number": number}


if __name__ == "__main__":
    streams = sys.argv[1:] == ["stream"]
    runpod.serverless.start({
        "handler": pieces if streams else handler,
        "return_aggregate_stream": True,
        "concurrency_modifier": lambda _: 4,
    })  # fmt: skip
