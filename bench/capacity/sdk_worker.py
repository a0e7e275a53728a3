"""A worker of RunPod's SDK that takes jobs as ours do and computes, by sleeping, one at a time."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import runpod

from shared.worker.room import Places
from shared.worker.start import modifier


def main() -> None:
    """Take as many jobs as the command says: so many, and so many while they are short."""
    few, many = map(int, sys.argv[1:])
    del sys.argv[1:]  # the SDK reads them too
    places, engine = Places(few, many), asyncio.Lock()

    async def handler(job: dict[str, Any]) -> dict[str, Any]:
        async with engine:
            await asyncio.sleep(job["input"]["work_s"])
        places.saw(long=False)
        return {"done": True}

    runpod.serverless.start({"handler": handler, "concurrency_modifier": modifier(places)})


if __name__ == "__main__":
    main()
