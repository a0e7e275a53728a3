"""``POST /v1/audio/transcriptions``: from a form to a job, and from its result to an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from http import HTTPStatus

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from speech_endpoints.failures import SpeechError
from speech_endpoints.gateway.answers import diarized, diarized_events, event, events, whole
from speech_endpoints.gateway.asked import Asked, read, wrong
from speech_endpoints.gateway.callers import MB, Limits, at_most, wanted
from speech_endpoints.gateway.endpoints import Endpoints
from speech_endpoints.gateway.problems import LOG, Problem
from speech_endpoints.gateway.speakers import voices
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult

# The largest field is a known voice: ten seconds as WAV, 48 kHz in stereo, take 2.6 MB in base64.
_FORM = {"max_files": 1, "max_fields": 24, "max_part_size": 3 * MB}
_EVENTS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


class Transcriptions:
    """An ASGI application.

    Args:
        endpoints: what answers.
        limits: on uploads, and on requests at a time.

    Attributes:
        running: requests just now.
        stopping: is set to cancel them, and their jobs.
    """

    def __init__(self, endpoints: Endpoints, limits: Limits) -> None:
        self._endpoints, self._limits = endpoints, limits
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
                        await (await self._whole(asked))(scope, receive, reply)
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

    async def _whole(self, asked: Asked) -> Response:
        if asked.fields.speakers:
            return diarized(await self._who_said_what(asked))
        options = asked.fields.options()
        return whole(await self._endpoints.asr.run(asked.file, **options), asked.fields)

    async def _events(self, asked: Asked) -> AsyncGenerator[bytes]:
        if asked.fields.speakers:
            # All at the end: who speaks is found over the whole recording.
            for one in diarized_events(await self._who_said_what(asked)):
                yield one
            return
        coming = self._endpoints.asr.stream(asked.file, **asked.fields.options())
        async with aclosing(events(coming)) as sent:
            async for one in sent:
                yield one

    async def _who_said_what(self, asked: Asked) -> TranscribeResult:
        endpoint, fields = self._endpoints.transcribe, asked.fields
        if endpoint is None:
            why = "this gateway tells no speakers apart; `speech gateway` does so when it is "
            raise wrong("response_format", f"{why}started with --bundle or --diarization-endpoint")
        options = {
            "language": fields.language,
            "known_speakers": await to_thread.run_sync(voices, fields),
        }
        return endpoint.read(await endpoint.answer(asked.file, options))

    async def _stream(self, asked: Asked, send: Send) -> None:
        async with aclosing(self._events(asked)) as sent:
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
