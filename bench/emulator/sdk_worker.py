"""A worker of RunPod's SDK that answers at once: ``python sdk_worker.py CONCURRENCY``."""

from __future__ import annotations

import sys
from typing import Any

import runpod


async def handler(job: dict[str, Any]) -> Any:  # noqa: ANN401 - what came is what goes
    """Give back what came."""
    return job["input"]


if __name__ == "__main__":
    concurrency = int(sys.argv.pop(1))
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda _: concurrency})
