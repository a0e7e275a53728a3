"""What RunPod's callers use: ``https://api.runpod.ai/v2/<endpoint>/...`` on this machine."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runpod_emulator.bodies import Json, NotJson, TooLong, read_json, refusal
from runpod_emulator.jobs import Job, State
from runpod_emulator.live import Live
from runpod_emulator.settings import MIB

Find = Callable[[Request], Live | None]
Answer = Callable[[Live, Request], Awaitable[Response]]

EXECUTION_TIMEOUT_MS = range(5_000, 7 * 86_400_000 + 1)
TTL_MS = range(10_000, 7 * 86_400_000 + 1)
WAIT_MS = range(1_000, 300_001)


def routes(find: Find, submitted: Callable[[Live, Job], None]) -> list[Route]:
    """The routes of all endpoints.

    Args:
        find: says which endpoint a request is for.
        submitted: told of each job that joins the queue.
    """

    def allowed(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            live = find(request)
            if not _authorised(request, live):
                return refusal(401, "unauthorized")
            if live is None:
                return refusal(404, "endpoint not found")
            operation = request.url.path.split("/")[3]
            if not live.meter.enter(operation, live.now()):
                return refusal(429, "too many requests")
            try:
                return await answer(live, request)
            finally:
                live.meter.leave(operation)

        return handle

    def of_a_job(answer: Callable[[Live, Job], Response]) -> Answer:
        async def handle(live: Live, request: Request) -> Response:
            live.now()
            job = live.queue.jobs.get(request.path_params["job"])
            return refusal(404, "job not found") if job is None else answer(live, job)

        return handle

    async def run(live: Live, request: Request) -> Response:
        job = await _submit(live, request, sync=False)
        if isinstance(job, Response):
            return job
        submitted(live, job)
        return Json({"id": job.id, "status": State.IN_QUEUE})

    async def runsync(live: Live, request: Request) -> Response:
        wait = request.query_params.get("wait")
        if wait is not None and not (wait.isascii() and wait.isdigit() and int(wait) in WAIT_MS):
            return refusal(400, "wait must be 1000 to 300000 milliseconds")
        job = await _submit(live, request, sync=True)
        if isinstance(job, Response):
            return job
        submitted(live, job)
        seconds = int(wait) / 1000 if wait else live.settings.sync_wait_s

        def over() -> bool | None:
            purged = job.id not in live.queue.jobs
            return job.state.final or purged or None

        await live.until(job.id, over, seconds)
        return Json(job.public())

    def retry(live: Live, job: Job) -> Response:
        if not live.queue.retry(job, live.now()):
            return refusal(400, "only a job that is FAILED or TIMED_OUT can be retried")
        submitted(live, job)
        live.changed()
        return Json({"id": job.id, "status": job.state})

    base = "/v2/{endpoint}"
    return [
        Route(f"{base}/run", allowed(run), methods=["POST"]),
        Route(f"{base}/runsync", allowed(runsync), methods=["POST"]),
        Route(f"{base}/status/{{job}}", allowed(of_a_job(status)), methods=["GET", "POST"]),
        Route(f"{base}/stream/{{job}}", allowed(of_a_job(stream)), methods=["GET", "POST"]),
        Route(f"{base}/cancel/{{job}}", allowed(of_a_job(cancel)), methods=["POST"]),
        Route(f"{base}/retry/{{job}}", allowed(of_a_job(retry)), methods=["POST"]),
        Route(f"{base}/purge-queue", allowed(purge), methods=["POST"]),
        Route(f"{base}/health", allowed(health), methods=["GET"]),
    ]


def status(_: Live, job: Job) -> Response:
    """The job as it is."""
    return Json(job.public())


def stream(live: Live, job: Job) -> Response:
    """What was streamed since the last time."""
    pieces = live.queue.drain_stream(job)
    live.save()
    return Json({"status": job.state, "stream": pieces})


def cancel(live: Live, job: Job) -> Response:
    """Give the job up."""
    live.queue.cancel(job, live.now())
    live.changed()
    return Json({"id": job.id, "status": job.state})


async def purge(live: Live, _: Request) -> Response:
    """Drop the jobs that wait."""
    removed = live.queue.purge()
    live.changed()
    return Json({"removed": removed, "status": "completed"})


async def health(live: Live, _: Request) -> Response:
    """Count jobs and workers."""
    live.now()
    return Json({"jobs": live.queue.counts(), "workers": live.workers()})


async def _submit(live: Live, request: Request, *, sync: bool) -> Job | Response:
    limits = live.settings.limits
    limit = limits.runsync if sync else limits.run
    try:
        body = await read_json(request, limit)
    except TooLong:
        return refusal(400, f"exceeded max body size of {limit // MIB}MiB")
    except NotJson:
        return refusal(400, "the body is not JSON")
    if problem := _fault(body):
        return refusal(400, problem)
    job = live.queue.submit(body, live.now(), sync=sync)
    live.changed()
    return job


def _fault(body: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """What is wrong with a request; None if nothing is."""
    if not isinstance(body, dict) or not isinstance(body.get("input"), dict):
        return "the body must be an object with an object `input`"
    policy = body.get("policy") or {}
    if not isinstance(policy, dict):
        return "policy must be an object"
    for name, bounds in (("executionTimeout", EXECUTION_TIMEOUT_MS), ("ttl", TTL_MS)):
        # Only a whole number is looked up in a range without walking through it.
        if name in policy and (type(policy[name]) is not int or policy[name] not in bounds):
            return f"policy.{name} must be {bounds.start} to {bounds.stop - 1} milliseconds"
    if not str(body.get("webhook") or "https://").startswith(("http://", "https://")):
        return "webhook must be a URL"
    return None


def _authorised(request: Request, live: Live | None) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    wanted = live.settings.api_key if live else None
    return bool(given) and (
        wanted is None or hmac.compare_digest(given.encode("latin-1"), wanted.encode("utf-8"))
    )
