"""The gateway's paths."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from speech_endpoints.gateway.callers import Known, Limits
from speech_endpoints.gateway.endpoints import Endpoints
from speech_endpoints.gateway.problems import HANDLERS, Problem
from speech_endpoints.gateway.transcriptions import Transcriptions

MODEL = "asr"


def application(endpoints: Endpoints, limits: Limits) -> tuple[Starlette, Transcriptions]:
    """The ASGI application, and the part of it that has to be stopped."""
    transcriptions = Transcriptions(endpoints, limits)
    model = {
        "id": MODEL, "object": "model", "created": int(time.time()), "owned_by": "speech-endpoints",
    }  # fmt: skip

    async def health(_: Request) -> Response:
        """Whether the gateway is up; `speech doctor` asks the endpoint, which costs a job."""
        running = transcriptions.running
        return JSONResponse({"status": "ok", "running": running, "parallel": limits.parallel})

    async def listed(_: Request) -> Response:
        return JSONResponse({"object": "list", "data": [model]})

    async def one(request: Request) -> Response:
        if request.path_params["id"] != MODEL:
            message = f"the list has one model, {MODEL}; requests may name any"
            raise Problem(HTTPStatus.NOT_FOUND, message, "model_not_found", "model")
        return JSONResponse(model)

    @asynccontextmanager
    async def opened(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(endpoints.asr)
            if endpoints.transcribe:
                await stack.enter_async_context(endpoints.transcribe)
            yield

    api = [
        Route("/audio/transcriptions", transcriptions, methods=["POST"]),
        Route("/models", listed),
        Route("/models/{id}", one),
    ]
    app = Starlette(
        routes=[
            Route("/health", health),
            Mount("/v1", routes=api, middleware=[Middleware(Known, token=limits.token)]),
        ],
        exception_handlers=HANDLERS,
        lifespan=opened,
    )
    return app, transcriptions
