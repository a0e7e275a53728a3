"""Calls a job's webhook when it has ended."""

from __future__ import annotations

import asyncio

import httpx

from runpod_emulator.jobs import Job
from runpod_emulator.live import Live

TIMEOUT_S = 10.0
HEADERS = {"User-Agent": "Go-http-client/2.0"}  # RunPod's


async def call_at_the_end(live: Live, job: Job, client: httpx.AsyncClient) -> None:
    """Wait for a job's end and post the job to its webhook, until an answer says 2xx.

    A webhook that fails changes nothing about the job.
    """
    url = job.extras.get("webhook")
    if not url or job.state.final:
        return
    if not await live.until(job.id, lambda: job.state.final or None, job.ttl_s):
        return
    body = {**job.public(), "input": job.input, "webhook": url}
    for delay in live.settings.webhook_delays_s:
        await live.clock.wait(asyncio.Event(), delay)
        try:
            answer = await client.post(url, json=body, headers=HEADERS, timeout=TIMEOUT_S)
        except (httpx.HTTPError, httpx.InvalidURL):
            continue
        if answer.is_success:
            return
