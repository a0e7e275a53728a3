"""``POST /v1/audio/transcriptions``: from a form to a job, and from its result to an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from http import HTTPStatus

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from speech_endpoints.failures import SpeechError
from speech_endpoints.gateway.answers import event, events, whole
from speech_endpoints.gateway.asked import Asked, read
from speech_endpoints.gateway.callers import Limits, at_most, wanted
from speech_endpoints.gateway.problems import LOG, Problem
from speech_endpoints.services import AsyncASR

_FORM = {"max_files": 1, "max_fields": 32, "max_part_size": 64 * 1024}  # bytes of a field
_EVENTS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


class Transcriptions:
    """An ASGI application.

    Args:
        endpoint: what recognises.
        limits: on uploads, and on requests at a time.

    Attributes:
        running: requests just now.
        stopping: is set to cancel them, and their jobs.
    """

    def __init__(self, endpoint: AsyncASR, limits: Limits) -> None:
        self._endpoint, self._limits = endpoint, limits
        self.running = 0
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = at_most(self._limits.largest_mb, Request(scope, receive))
        began = time.monotonic()
        answering = False

        async def reply(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        with self._one_more():
            async with request.form(**_FORM) as form:
                asked = read(form)
                async with wanted(request, self.stopping):
                    if asked.fields.stream:
                        await self._stream(asked, reply)
                    else:
                        result = await self._endpoint.run(asked.file, **asked.fields.options())
                        await whole(result, asked.fields)(scope, receive, reply)
                    LOG.info("200 in %.1f s", time.monotonic() - began)
        if self.stopping.is_set() and not answering:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise Problem(status, "the gateway is being stopped", "stopping", again=True)

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        if self.running >= self._limits.parallel:
            status = HTTPStatus.TOO_MANY_REQUESTS
            message = f"{self._limits.parallel} requests run already; send fewer at a time"
            raise Problem(status, message, "too_many_requests", again=True)
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    async def _stream(self, asked: Asked, send: Send) -> None:
        coming = self._endpoint.stream(asked.file, **asked.fields.options())
        async with aclosing(coming), aclosing(events(coming)) as sent:
            first = await anext(sent)  # what goes wrong until then has a status of its own
            await send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
            await send({"type": "http.response.body", "body": first, "more_body": True})
            try:
                async for one in sent:
                    await send({"type": "http.response.body", "body": one, "more_body": True})
            except SpeechError as error:
                body = event(Problem.of(error).content())
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
