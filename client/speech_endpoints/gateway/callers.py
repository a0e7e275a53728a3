"""Who may call, how much they may send, and what happens when they leave."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speech_endpoints.gateway.problems import Problem

MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What callers may.

    Attributes:
        token: that they have to know; None for whoever reaches the gateway.
        parallel: requests at a time.
        largest_mb: of an upload, in MB.
    """

    token: str | None
    parallel: int
    largest_mb: int


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


def at_most(megabytes: int, request: Request) -> Request:
    """The same request, whose body is read no further than that.

    Raises:
        Problem: it is longer; here if the caller says how long it is, else where it is read.
    """
    read = 0

    def check(size: int) -> None:
        if size > megabytes * MB:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            message = f"the upload is larger than {megabytes} MB"
            raise Problem(status, message, "audio_too_large", "file")

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        check(read)
        return message

    check(int(request.headers.get("content-length", "0")))
    return Request(request.scope, receive)


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
