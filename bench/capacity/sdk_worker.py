"""A worker of RunPod's SDK that computes, by sleeping, one job after the other."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import runpod

engine = asyncio.Lock()


async def handler(job: dict[str, Any]) -> dict[str, Any]:
    """Sleep as long as the job says."""
    async with engine:
        await asyncio.sleep(job["input"]["work_s"])
    return {"done": True}


if __name__ == "__main__":
    concurrency = int(sys.argv.pop(1))
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda _: concurrency})
