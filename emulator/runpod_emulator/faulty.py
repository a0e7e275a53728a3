"""Makes the faults of a schedule happen between the wire and the application."""

from __future__ import annotations

import asyncio
import json
import re
from typing import NoReturn

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runpod_emulator.bodies import OVERSIZED, Json, refusal
from runpod_emulator.clock import Clock
from runpod_emulator.faults import PROGRESS, Fault, Schedule
from runpod_emulator.rest.problems import Problem

LONGEST_PROGRESS = 100_000  # bytes; a longer body is a result
_ROUTE = re.compile(r"/v2/[^/]+/([^/&]+)")
_REST = re.compile(r"/v2/serverless(/[^/]+)?(/workers|/releases)?(/.+)?")
_VERBS = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}


class Dropped(ConnectionError):
    """The connection is to end here; the web server closes it."""


class Faulty:
    """An ASGI middleware that lets things go wrong.

    Args:
        app: what answers when nothing does.
        schedule: what does, and when.
        clock: the time.
    """

    def __init__(self, app: ASGIApp, schedule: Schedule, clock: Clock) -> None:
        self._app, self._schedule, self._clock = app, schedule, clock
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or not."""
        route = _route(scope) if self._schedule.faults else None
        if route is None:
            await self._app(scope, receive, send)
            return
        if route == "job-done":
            receive = await _again_and_again(receive)
            route = PROGRESS if await _is_progress(receive) else route
        fault = self._schedule.next(route)
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._go_wrong(fault, scope, receive, send)

    async def _go_wrong(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.delay_s:
            await self._clock.wait(asyncio.Event(), fault.delay_s)
        if fault.status:
            await _refuse(fault.status, scope, receive, send)
            return
        if fault.drop == "before":
            await _drop(send)
        if fault.oversized:
            scope = {**scope, OVERSIZED: True}
        if fault.late_s:
            self._handle_later(fault.late_s, scope, await _again_and_again(receive))
            await Json({})(scope, receive, send)
            return
        if fault.drop == "after" or fault.repeat:
            receive = await _again_and_again(receive)
            await self._app(scope, receive, _unheard)
        if fault.drop == "after":
            await _drop(send)
        await self._app(scope, receive, send)

    def _handle_later(self, seconds: float, scope: Scope, receive: Receive) -> None:
        async def later() -> None:
            await self._clock.wait(asyncio.Event(), seconds)
            await self._app(scope, receive, _unheard)

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)


def _route(scope: Scope) -> str | None:
    """What a fault calls the place of a request."""
    if scope["type"] != "http":
        return None
    if rest := _REST.fullmatch(scope["path"]):
        one, part, log = rest.groups()
        if part:
            return "read-logs" if log else f"list-{part[1:]}"
        if not one:
            return "create-endpoint" if scope["method"] == "POST" else "list-endpoints"
        return f"{_VERBS.get(scope['method'], 'read')}-endpoint"
    match = _ROUTE.match(scope["path"])
    return match[1] if match else None


async def _again_and_again(receive: Receive) -> Receive:
    """A request's body, to be read as often as one likes."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break

    async def whole() -> Message:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return whole


async def _is_progress(receive: Receive) -> bool:
    body = (await receive())["body"]
    try:
        content = json.loads(body) if len(body) < LONGEST_PROGRESS else None
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("status") == "IN_PROGRESS"


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    if status >= 400 and _REST.fullmatch(scope["path"]):
        answer = Problem(status, "a fault on demand").answer()
    else:
        answer = refusal(status, "" if status == 204 else "a fault on demand")
    await answer(scope, receive, send)


async def _drop(send: Send) -> NoReturn:
    """End the connection in the middle of an answer, which is how a web server can be made to."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    raise Dropped


async def _unheard(_: Message) -> None:
    """An answer nobody gets."""
