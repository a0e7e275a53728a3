"""Makes the faults of a schedule happen between the wire and the application."""

from __future__ import annotations

import asyncio
import re
from typing import NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runpod_emulator.bodies import NotJson, TooLong, read_json, refusal
from runpod_emulator.clock import Clock
from runpod_emulator.faults import Fault, Schedule, parse

CONTROL = "/emulator/faults"  # POST a fault to add it, DELETE to have no more
LONGEST_FAULT = 10_000  # bytes
_ROUTE = re.compile(r"/v2/[^/]+/([^/&]+)")


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or not."""
        if scope["type"] == "http" and scope["path"] == CONTROL:
            await self._control(scope, receive, send)
            return
        route = _ROUTE.match(scope["path"]) if scope["type"] == "http" else None
        fault = self._schedule.next(route[1]) if route else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._go_wrong(fault, scope, receive, send)

    async def _go_wrong(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.delay_s:
            await self._clock.wait(asyncio.Event(), fault.delay_s)
        if fault.status:
            await refusal(fault.status, "a fault on demand")(scope, receive, send)
            return
        if fault.drop == "before":
            await _drop(send)
        if fault.drop == "after" or fault.repeat:
            receive = await _again_and_again(receive)
            await self._app(scope, receive, _unheard)
        if fault.drop == "after":
            await _drop(send)
        await self._app(scope, receive, send)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            if request.method == "POST":
                self._schedule.faults.append(parse(await read_json(request, LONGEST_FAULT)))
            elif request.method == "DELETE":
                self._schedule.faults.clear()
        except (ValueError, TooLong, NotJson) as error:
            await refusal(400, str(error) or "not a fault")(scope, receive, send)
            return
        told = {"seed": self._schedule.seed, "happened": len(self._schedule.happened)}
        await JSONResponse({**told, "faults": len(self._schedule.faults)})(scope, receive, send)


async def _again_and_again(receive: Receive) -> Receive:
    """A request's body, to be read as often as one likes."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break

    async def whole() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return whole


async def _drop(send: Send) -> NoReturn:
    """End the connection in the middle of an answer, which is how a web server can be made to."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    raise Dropped


async def _unheard(_: Message) -> None:
    """An answer nobody gets."""
