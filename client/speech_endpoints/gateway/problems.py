"""What goes wrong, as OpenAI's API says it: a status of HTTP's and an error object."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from speech_endpoints.failures import SpeechError
from speech_endpoints.wire import Json

RETRY_AFTER_S = 5
LOG = logging.getLogger("speech_endpoints.gateway")

_STATUS = {
    "invalid_input": HTTPStatus.BAD_REQUEST,
    "decode_failed": HTTPStatus.BAD_REQUEST,
    "audio_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "audio_too_long": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "result_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_many_requests": HTTPStatus.TOO_MANY_REQUESTS,
    "unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "out_of_memory": HTTPStatus.SERVICE_UNAVAILABLE,
    "accelerator_failed": HTTPStatus.SERVICE_UNAVAILABLE,
    "job_timed_out": HTTPStatus.GATEWAY_TIMEOUT,
    "waited_too_long": HTTPStatus.GATEWAY_TIMEOUT,
}


class Problem(Exception):
    """Why there is no transcription.

    Args:
        status: of HTTP's.
        message: what is wrong and what to do, for people.
        code: stable, for programs.
        param: the field of the request that it is about.
        again: whether it helps to send the same request again, and no job of it runs any more.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None,
        param: str | None = None,
        *,
        again: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = int(status), message, code, param
        self.again = again

    @classmethod
    def of(cls, error: SpeechError) -> Problem:
        """What an error of the client, or of the service, is to a caller of the gateway."""
        # An endpoint that refuses the gateway's key is not the caller's fault: no 401, no 404.
        status = _STATUS.get(error.code, HTTPStatus.BAD_GATEWAY)
        # A job that was lost sight of goes on: the same request again would be a second one.
        again = error.retryable and getattr(error, "job_id", None) is None
        param = "file" if status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS else None
        return cls(status, error.message, error.code, param, again=again)

    def content(self) -> Json:
        """OpenAI's error object."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            kind = "rate_limit_error"
        told = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": told}

    def headers(self) -> dict[str, str]:
        """What OpenAI's clients read: they send again what has failed, unless they are told."""
        found = {"x-should-retry": str(self.again).lower()}
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            found["Retry-After"] = str(RETRY_AFTER_S)
        if self.status == HTTPStatus.UNAUTHORIZED:
            found["WWW-Authenticate"] = "Bearer"
        return found


async def answer(_: Request, error: Exception) -> Response:
    """The response to a request that met an error."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # there is nobody to read it
    told: Mapping[str, str] | None = None
    if isinstance(error, SpeechError):
        problem = Problem.of(error)
    elif isinstance(error, HTTPException):
        problem = Problem(error.status_code, error.detail, None)
        told = error.headers  # which methods there are
    elif isinstance(error, Problem):
        problem = error
    else:
        message = "the gateway failed on this request; its log says where"
        problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, message, "internal_error")
    LOG.info("%d %s", problem.status, problem.code or HTTPStatus(problem.status).phrase)
    return JSONResponse(
        problem.content(), problem.status, headers={**(told or {}), **problem.headers()}
    )


HANDLERS = dict.fromkeys((Problem, SpeechError, HTTPException, ClientDisconnect, Exception), answer)
