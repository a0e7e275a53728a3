"""Bodies of requests, read no further than they may be long."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

OVERSIZED = "emulator.oversized"  # in a request's scope: read it as too long


class TooLong(Exception):
    """A body exceeds its limit."""


class NotJson(Exception):
    """A body is not JSON."""


async def read_json(request: Request, limit: int) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON of a request's body, whatever its content type says.

    RunPod's SDK sends JSON as a form, and writes NaN, which JSON has no word for: it becomes null.

    Raises:
        TooLong, NotJson: it is.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit or OVERSIZED in request.scope:
            raise TooLong
    try:
        return json.loads(body, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        raise NotJson from None


def _finite(text: str) -> float | None:
    """A number as JSON has them; what is larger than any becomes null, as NaN does."""
    number = float(text)
    return number if math.isfinite(number) else None


class Json(JSONResponse):
    """An answer whatever strings it holds: half a surrogate pair, which UTF-8 has no word for."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - any JSON value
        """The content as ASCII."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def refusal(status: int, message: str) -> Response:
    """An answer that says what was wrong."""
    return Json({"error": message}, status) if message else Response(status_code=status)
