"""A worker without an SDK: takes jobs over the wire, answers at once, and goes on whatever happens.

It shows what the emulator itself can do; RunPod's SDK sleeps for a second whenever it is full.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from http.client import HTTPException

WORKER = os.environ["RUNPOD_POD_ID"]
HEADERS = {"Authorization": os.environ["RUNPOD_AI_API_KEY"]}
PATIENCE_S = 20.0


def call(url: str, body: object = None) -> bytes:
    """The answer to a request; raises OSError or HTTPException if there is none, or a bad one."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, HEADERS)  # noqa: S310 - the emulator's own URL
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
        found: bytes = answer.read()
        return found


def finish(job: str, body: object) -> None:
    """Post how a job ended until somebody says it arrived."""
    url = os.environ["RUNPOD_WEBHOOK_POST_OUTPUT"]
    url = url.replace("$RUNPOD_POD_ID", WORKER).replace("$ID", job)
    for _ in range(10):
        try:
            call(f"{url}&isStream=false", body)
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return


def main() -> None:
    """Work until killed."""
    work_s = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    take = os.environ["RUNPOD_WEBHOOK_GET_JOB"].replace("$ID", WORKER)
    while True:
        try:
            answer = call(take)
        except (OSError, HTTPException):
            time.sleep(0.05)
            continue
        if answer:
            job = json.loads(answer)
            time.sleep(work_s)
            finish(job["id"], {"output": job["input"]})


if __name__ == "__main__":
    main()
