"""A worker that answers as the vad service does, or does not: its argument says how."""

from __future__ import annotations

import json
import os
import sys
import time
from http.client import HTTPException
from typing import Any

from bench.emulator.wire_worker import WORKER, call, finish

OUTPUT = {
    "duration_s": 3.0,
    "timings": {"fetch_s": 0.0, "decode_s": 0.0, "infer_s": 0.1, "rtf": 0.03},
    "model": {"id": "own/net", "revision": "1", "verified": True},
    "service": {"name": "vad", "version": "0.1.0"},
    "segments": [{"start": 0.5, "end": 2.5}],
    "speech_s": 2.0,
    "speech_ratio": 0.667,
    "formatted": None,
    "scores": None,
}


def answer(mode: str, job_input: dict[str, Any]) -> dict[str, Any]:
    """How a job ends."""
    if mode == "broken":
        return {"error": "internal_error: the worker has failed"}
    if job_input.get("pad_ms", 0) < 0:
        return {"error": "invalid_input: pad_ms: it is less than 0"}
    return {"output": {**OUTPUT, "segments": "none"} if mode == "wrong" else OUTPUT}


def main(mode: str) -> None:
    """Work until killed."""
    print(f"a worker that is {mode}", flush=True)
    if mode == "crash":
        sys.exit(1)
    while mode == "silent":
        time.sleep(1)
    take = os.environ["RUNPOD_WEBHOOK_GET_JOB"].replace("$ID", WORKER)
    while True:
        try:
            taken = call(take)
        except (OSError, HTTPException):
            time.sleep(0.05)
            continue
        if taken:
            job = json.loads(taken)
            finish(job["id"], answer(mode, job["input"]))


if __name__ == "__main__":
    main(sys.argv[1])
