"""The answers that the page can still save as files, and how one is told while it comes about."""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.responses import StreamingResponse
from starlette.types import Send

from playground.files import rendered
from playground.jobs import Tell
from playground.recordings import Recording
from playground.tasks import Task
from speech_endpoints.wire import Json

MOST = 20


class File(NamedTuple):
    """An answer in a format."""

    name: str
    text: str


class Answers:
    """The latest answers."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Task, Recording, Json]] = OrderedDict()

    def keep(self, task: Task, recording: Recording, result: Json) -> dict[str, str]:
        """Where it can be saved from, by the formats."""
        number = secrets.token_urlsafe(12)
        self._kept[number] = (task, recording, result)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return {form: f"/answers/{number}/{form}" for form in task.files}

    def file(self, number: str, form: str) -> File | None:
        """A file, if that answer is still there and has such a format."""
        if number not in self._kept:
            return None
        task, recording, result = self._kept[number]
        if form not in task.files:
            return None
        text = rendered(result, form, recording.stem)
        return File(f"{recording.stem}.{form}", text)


class Telling(StreamingResponse):
    """Lines of JSON for as long as the work goes on; when the browser hangs up, it is cancelled.

    Args:
        work: is given what tells the browser something.
    """

    def __init__(self, work: Callable[[Tell], Awaitable[None]]) -> None:
        super().__init__((), media_type="application/x-ndjson")
        self._work = work

    async def stream_response(self, send: Send) -> None:
        """See Starlette, which cancels this when it hears that the browser has hung up."""

        async def tell(event: Json) -> None:
            line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
            await send({"type": "http.response.body", "body": line, "more_body": True})

        headers = self.raw_headers
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._work(tell)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
