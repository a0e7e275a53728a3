"""Results and errors in OpenAI's words: whole, or as server-sent events."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator

from starlette.responses import JSONResponse, PlainTextResponse, Response

from speech_endpoints.gateway.asked import Fields
from speech_endpoints.vendored.services.asr.contract import ASRResult, ASRSegment
from speech_endpoints.vendored.shared.writing import join_texts
from speech_endpoints.wire import Json


def whole(result: ASRResult, fields: Fields) -> Response:
    """The answer to a request that does not stream."""
    if fields.response_format in {"text", "srt", "vtt"}:
        return PlainTextResponse(result.formatted)
    found: Json = {"text": result.text}
    if result.verbose_json is not None:
        left_out = set() if "segment" in fields.timestamp_granularities else {"segments"}
        found = result.verbose_json.model_dump(exclude_none=True, exclude=left_out)
    usage = {"type": "duration", "seconds": math.ceil(result.duration_s)}
    return JSONResponse({**found, "usage": usage})


async def events(coming: AsyncGenerator[ASRSegment | ASRResult]) -> AsyncGenerator[bytes]:
    """Sentences as events, as they are recognised; their texts, put together, are the whole."""
    said = ""
    async for item in coming:
        if isinstance(item, ASRResult):
            yield event({"type": "transcript.text.done", "text": item.text})
        elif item.text:
            longer = join_texts([said, item.text])
            yield event({"type": "transcript.text.delta", "delta": longer[len(said) :]})
            said = longer


def event(content: Json) -> bytes:
    """One event, as a server sends it."""
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()
