"""Who may call, how much they may send, and what happens when they leave."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speech_endpoints.gateway.problems import Problem

MB = 1_000_000
_LINGER_S = 30.0  # for what is still being sent when the answer is there already


class Known:
    """Lets in those who know the token, or if there is none, whoever is no web page.

    A page may send a form to this machine without its reader's doing, who would pay for it.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or raise a ``Problem``."""
        headers = Headers(scope=scope)
        if self._token is None:
            if "origin" in headers:
                message = "web pages may not call this gateway"
                raise Problem(HTTPStatus.FORBIDDEN, message, "origin_not_allowed")
        elif not secrets.compare_digest(_bearer(headers).encode(), self._token.encode()):
            message = "the API key is not this gateway's token"
            raise Problem(HTTPStatus.UNAUTHORIZED, message, "invalid_api_key")
        await self._app(scope, receive, send)


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Bounded:
    """Refuses requests that are too long, and reads to its end what is refused for any reason.

    A client that is still sending does not see an answer when the connection ends under it.
    """

    def __init__(self, app: ASGIApp, most_mb: int) -> None:
        self._app, self._most_mb = app, most_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, Headers(scope=scope), self._most_mb)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drain()
            await send(message)

        await self._app(scope, body.receive, answer)


class _Body:
    def __init__(self, receive: Receive, headers: Headers, most_mb: int) -> None:
        self._receive, self._most_mb = receive, most_mb
        self._told = int(headers.get("content-length", "0"))
        self._read = 0
        self._ended = False

    async def receive(self) -> Message:
        self._check(self._told)
        message = await self._next()
        self._check(self._read)
        return message

    async def drain(self) -> None:
        with anyio.move_on_after(_LINGER_S):
            while not self._ended:
                await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message

    def _check(self, size: int) -> None:
        if size > self._most_mb * MB:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            message = f"the upload is larger than {self._most_mb} MB"
            raise Problem(status, message, "audio_too_large", "file")


@asynccontextmanager
async def wanted(request: Request, stopping: asyncio.Event) -> AsyncIterator[None]:
    """Cancel what is done for a caller, and so its job, when it leaves or the gateway stops."""
    raised: Exception | None = None
    async with anyio.create_task_group() as group:

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        async def stopped() -> None:
            await stopping.wait()
            group.cancel_scope.cancel()

        group.start_soon(gone)
        group.start_soon(stopped)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised below, by itself and in no group
            raised = error
        group.cancel_scope.cancel()
    if raised:
        raise raised
