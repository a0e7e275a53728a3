"""Results and errors in OpenAI's words: whole, or as server-sent events."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from starlette.responses import JSONResponse, PlainTextResponse, Response

from speech_endpoints.gateway.asked import Fields
from speech_endpoints.gateway.speakers import segments
from speech_endpoints.vendored.services.asr.contract import ASRResult, ASRSegment
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult
from speech_endpoints.vendored.shared.contract import AudioResult
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
    return JSONResponse({**found, "usage": _usage(result)})


def diarized(result: TranscribeResult) -> Response:
    """OpenAI's ``diarized_json``.

    Source: OpenAI API reference, "The transcription object (Diarized JSON)".
    """
    found = {"task": "transcribe", "duration": result.duration_s, "text": result.text}
    more = {"segments": [*segments(result)], "usage": _usage(result)}
    return JSONResponse({**found, **more})


async def events(coming: AsyncGenerator[ASRSegment | ASRResult]) -> AsyncGenerator[bytes]:
    """Sentences as events, as they are recognised; their texts, put together, are the whole."""
    said = ""
    async with aclosing(coming):
        async for item in coming:
            if isinstance(item, ASRResult):
                yield _done(item)
            elif item.text:
                longer = join_texts([said, item.text])
                yield event({"type": "transcript.text.delta", "delta": longer[len(said) :]})
                said = longer


def diarized_events(result: TranscribeResult) -> Iterator[bytes]:
    """Segments as events."""
    for segment in segments(result):
        yield event(segment)
    yield _done(result)


def _done(result: ASRResult | TranscribeResult) -> bytes:
    return event({"type": "transcript.text.done", "text": result.text})


def _usage(result: AudioResult) -> Json:
    return {"type": "duration", "seconds": math.ceil(result.duration_s)}


def event(content: Json) -> bytes:
    """One event, as a server sends it."""
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()
