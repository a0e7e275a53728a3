"""What was said on the wire can be read by whoever heard it."""

from __future__ import annotations

import io
import json

import anyio
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Message

from runpod_emulator.clock import RealClock
from runpod_emulator.events import EventLog

SCOPE = {"type": "http", "method": "GET", "path": "/health", "query_string": b"", "headers": []}


@pytest.mark.parametrize(
    "answer",
    [PlainTextResponse("ready"), StreamingResponse(iter(["rea", "dy"]))],
    ids=["whole", "streamed"],
)
def test_a_message_is_written_down_before_its_last_byte_leaves(answer: ASGIApp) -> None:
    file = io.StringIO()
    heard: list[tuple[bool, int]] = []

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        last = message["type"] == "http.response.body" and not message.get("more_body")
        heard.append((last, file.getvalue().count("\n")))

    anyio.run(EventLog(answer, RealClock(), file), SCOPE, receive, send)
    assert [last for last, _ in heard][-1]
    assert all(lines == last for last, lines in heard)
    event = json.loads(file.getvalue())
    assert (event["path"], event["status"], event["response"]["bytes"]) == ("/health", 200, 5)
