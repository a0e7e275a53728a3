"""What RunPod's SDK calls from inside a worker.

The SDK builds these URLs from templates, and appends ``&name=value`` to them whether they have a
``?`` or not; so the last part of a path is read up to the first ``&``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runpod_emulator.bodies import Json, NotJson, TooLong, read_json, refusal
from runpod_emulator.live import QUEUE, Live

Handler = Callable[[Request], Awaitable[Response]]
Find = Callable[[Request], Live | None]

SCORE_S = 0.25  # an unknown endpoint or job is not asked about without a pause


def routes(find: Find) -> list[Route]:
    """The routes of all endpoints; ``find`` says which one a request is for."""

    def known(answer: Callable[[Live, Request], Awaitable[Response]]) -> Handler:
        async def handle(request: Request) -> Response:
            live = find(request)
            if live is None:
                await asyncio.sleep(SCORE_S)  # the SDK asks again at once
                return refusal(404, "no such endpoint")
            live.heard(_last(request, "worker"))
            return await answer(live, request)

        return handle

    base = "/v2/{endpoint}"
    return [
        Route(f"{base}/job-take/{{worker}}", known(take)),
        Route(f"{base}/job-take-batch/{{worker}}", known(take_batch)),
        Route(f"{base}/job-stop/{{worker}}", known(stop)),
        Route(f"{base}/ping/{{worker}}", known(ping)),
        Route(f"{base}/job-done/{{worker}}/{{job}}", known(done), methods=["POST"]),
        Route(f"{base}/job-stream/{{worker}}/{{job}}", known(stream), methods=["POST"]),
    ]


async def take(live: Live, request: Request) -> Response:
    """Hand out one job, waiting for it; 204 when none comes."""
    jobs = await _taken(live, request, 1)
    return Json(jobs[0]) if jobs else Response(status_code=204)


async def take_batch(live: Live, request: Request) -> Response:
    """Hand out several jobs, waiting for the first; 204 when none comes."""
    jobs = await _taken(live, request, _number(request, "batch_size"))
    return Json(jobs) if jobs else Response(status_code=204)


async def stop(live: Live, request: Request) -> Response:
    """Name the jobs to stop, waiting for one; 204 when none comes."""
    worker = _last(request, "worker")

    def ready() -> list[str] | None:
        # A worker that is leaving waits for the answers to its questions.
        return live.queue.to_stop(worker) or ([] if worker in live.queue.draining else None)

    jobs = await live.until(worker, ready, live.settings.poll_s)
    return Json({"jobsToStop": jobs}) if jobs else Response(status_code=204)


async def ping(live: Live, request: Request) -> Response:
    """Note what a worker says it works on, or that it is unhealthy and why."""
    worker, query = _last(request, "worker"), _query(request)
    if query.get("status") == "unhealthy":
        live.unhealthy[worker] = f"{query.get('check', '')}: {query.get('reason', '')}"
    ids = [part for part in query.get("job_id", "").split(",") if part]
    live.queue.alive(worker, ids, live.now())
    return Json({})


async def done(live: Live, request: Request) -> Response:
    """Take a result, or a report of progress."""
    worker, job_id = request.path_params["worker"], _last(request, "job")
    try:
        body = await read_json(request, live.settings.limits.result)
    except TooLong:
        # Seen in practice: the caller gets a job that is done and has no output.
        live.queue.done(worker, job_id, {}, live.now())
        live.changed()
        return refusal(400, "exceeded max body size")
    except NotJson:
        return refusal(400, "not JSON")
    result = body if isinstance(body, dict) else {}
    live.queue.done(worker, job_id, result, live.now())
    if result.get("stopPod"):
        live.to_leave.add(worker)
        live.drain(worker)
    live.changed()
    return Json({})


async def stream(live: Live, request: Request) -> Response:
    """Take one piece of a streamed result."""
    worker, job_id = request.path_params["worker"], _last(request, "job")
    try:
        body = await read_json(request, live.settings.limits.chunk)
    except (TooLong, NotJson):
        return refusal(400, "a streamed piece is JSON of at most 1 MB")
    live.queue.stream(worker, job_id, body, live.now())
    live.changed()
    return Json({})


async def _taken(live: Live, request: Request, count: int) -> list[dict[str, Any]]:
    """Up to so many jobs for the worker that asks, if it is still there to get them."""
    worker = _last(request, "worker")
    if not live.owns(worker):
        await asyncio.sleep(SCORE_S)  # one that outlived an earlier run; it asks again at once
        return []

    def ready() -> bool | None:
        return bool(live.queue.waiting) or worker in live.queue.draining or None

    if worker in live.queue.draining:  # one that does not leave asks again at once
        await live.clock.wait(asyncio.Event(), SCORE_S)
    deadline = live.clock.now() + live.settings.poll_s
    while await live.until(QUEUE, ready, deadline - live.clock.now()):
        if await request.is_disconnected():
            return []
        # Nothing is awaited between this and the answer: another worker may have been faster.
        if (jobs := live.queue.take(worker, count, live.now())) or worker in live.queue.draining:
            live.save()
            live.on_taken(worker, len(jobs))
            drop = live.settings.rules.drop_empty_input
            return [job.for_worker(drop_empty_input=drop) for job in jobs]
    return []


def _last(request: Request, name: str) -> str:
    value: str = request.path_params[name]
    return value.partition("&")[0]


def _query(request: Request) -> dict[str, Any]:
    stray = request.url.path.rpartition("/")[2].partition("&")[2]
    found = dict(part.partition("=")[::2] for part in stray.split("&") if part)
    return {**found, **request.query_params}


def _number(request: Request, name: str) -> int:
    text = str(_query(request).get(name, "1"))
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1
