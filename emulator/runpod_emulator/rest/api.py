"""The routes: ``/v2/serverless`` and ``/v2/registries``, as on ``https://api.runpod.io``."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from runpod_emulator.bodies import Json, NotJson, TooLong, read_json
from runpod_emulator.rest.account import Account
from runpod_emulator.rest.bodies import EndpointChange, NewEndpoint, NewRegistry, checked, invalid
from runpod_emulator.rest.problems import Problem

Answer = Callable[[Request], Awaitable[Response]]

LONGEST_BODY = 1_000_000  # bytes
LOG_POLL_S = 0.2
TAIL = range(5001)
WORKER_STATES = ("running", "idle", "initializing", "throttled", "unhealthy")


def routes(account: Account) -> list[Route]:
    """The routes of an account."""
    one = "/v2/serverless/{id}"
    answers = {
        ("GET", "/v2/serverless"): _list,
        ("POST", "/v2/serverless"): _create,
        ("GET", one): _read,
        ("PATCH", one): _update,
        ("DELETE", one): _delete,
        ("GET", f"{one}/workers"): _workers,
        ("GET", f"{one}/releases"): _releases,
        ("GET", f"{one}/workers/{{worker}}/logs"): _logs,
        ("GET", "/v2/registries"): _registries,
        ("POST", "/v2/registries"): _add_registry,
    }
    return [
        Route(path, _allowed(account, answer), methods=[method])
        for (method, path), answer in answers.items()
    ]


def _allowed(account: Account, answer: Callable[[Account, Request], Awaitable[Response]]) -> Answer:
    async def handle(request: Request) -> Response:
        try:
            _authorise(request, account.settings.api_key)
            return await answer(account, request)
        except Problem as problem:
            return problem.answer()

    return handle


def _authorise(request: Request, key: str | None) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not given:
        raise Problem(401, "missing bearer token")
    if key is not None and not hmac.compare_digest(given.encode("latin-1"), key.encode()):
        raise Problem(401, "invalid bearer token")


async def _body(request: Request) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return await read_json(request, LONGEST_BODY)
    except TooLong:
        raise Problem(413, "the body is too large") from None
    except NotJson:
        raise Problem(400, "the body is not JSON") from None


async def _list(account: Account, _: Request) -> Response:
    found = account.endpoints.values()
    return Json({"endpoints": [each.public(account.url) for each in found]})


async def _create(account: Account, request: Request) -> Response:
    made = account.create(checked(NewEndpoint, await _body(request)))
    return Json(made.public(account.url), 201)


async def _read(account: Account, request: Request) -> Response:
    return Json(account.find(request.path_params["id"]).public(account.url))


async def _update(account: Account, request: Request) -> Response:
    endpoint_id, body = request.path_params["id"], await _body(request)
    account.find(endpoint_id)
    changed = account.change(endpoint_id, checked(EndpointChange, body))
    return Json(changed.public(account.url))


async def _delete(account: Account, request: Request) -> Response:
    await account.delete(request.path_params["id"])
    return Response(status_code=204)


async def _workers(account: Account, request: Request) -> Response:
    found = account.find(request.path_params["id"])
    workers = found.workers()
    count = {
        state: sum(worker["status"] == state.upper() for worker in workers)
        for state in WORKER_STATES
    }
    summary = {**count, "total": len(workers)}
    return Json({"workers": workers, "summary": summary, "endpointVersion": found.version})


async def _releases(account: Account, request: Request) -> Response:
    found = account.find(request.path_params["id"])
    history = {"rollout": found.rollout(), "releases": found.history()}
    return Json({**history, "endpointVersion": found.version})


async def _logs(account: Account, request: Request) -> Response:
    found, worker = account.find(request.path_params["id"]), request.path_params["worker"]
    if worker not in found.placed:
        raise Problem(404, "worker not found")
    tail, source = request.query_params.get("tail", "100"), request.query_params.get("source")
    if not (tail.isascii() and tail.isdigit() and int(tail) in TAIL):
        raise invalid("tail must be 0 to 5000")
    if source not in {None, "container", "system"}:
        raise invalid("source must be container or system")

    def over() -> bool:
        return worker not in found.pool.members

    events = _events(account.log(worker), int(tail), over) if source != "system" else _nothing()
    return StreamingResponse(events, media_type="text/event-stream")


async def _events(file: Path, tail: int, over: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The last lines of a log, then what is added to it, as server-sent events."""
    with file.open(encoding="utf-8", errors="replace") as log:
        lines = log.readlines()
        fresh = lines[len(lines) - min(tail, len(lines)) :]
        while True:
            for line in fresh:
                now = datetime.now(UTC).isoformat()
                data = json.dumps({"source": "container", "line": line.rstrip("\n"), "ts": now})
                yield f"id: {now}\ndata: {data}\n\n".encode()
            if over():
                return
            await asyncio.sleep(LOG_POLL_S)
            fresh = log.readlines()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _registries(account: Account, _: Request) -> Response:
    found = [{"id": key, "name": name} for key, name in account.registries.items()]
    return Json({"registries": found})


async def _add_registry(account: Account, request: Request) -> Response:
    body = checked(NewRegistry, await _body(request))
    return Json({"id": account.add_registry(body), "name": body.name}, 201)
