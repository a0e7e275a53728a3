"""A line of JSON for every message on the wire: its way, its size, its hash, not its content."""

from __future__ import annotations

import hashlib
import json
from typing import IO, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runpod_emulator.clock import Clock


class EventLog:
    """An ASGI middleware that writes events.

    Args:
        app: what answers.
        clock: the time.
        file: where the lines go.
        bodies: also write what was sent, as text; it may be private.
    """

    def __init__(self, app: ASGIApp, clock: Clock, file: IO[str], *, bodies: bool = False) -> None:
        self._app, self._clock, self._file, self._bodies = app, clock, file, bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and write down that it was."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked, answered = _Body(kept=self._bodies), _Body(kept=self._bodies)
        began, status, told = self._clock.now(), 0, False

        def tell() -> None:
            nonlocal told
            if told:
                return
            told = True
            self._write({
                "time": round(began, 3),
                "seconds": round(self._clock.now() - began, 3),
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode("latin-1"),
                "status": status,
                "request": asked.told(),
                "response": answered.told(),
            })  # fmt: skip

        async def hear() -> Message:
            message = await receive()
            asked.add(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answered.add(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                tell()  # first, so that whoever has the answer finds the line
            await send(message)

        try:
            await self._app(scope, hear, say)
        finally:
            tell()

    def _write(self, event: dict[str, Any]) -> None:
        self._file.write(json.dumps(event) + "\n")
        self._file.flush()


class _Body:
    """What passed in one direction."""

    def __init__(self, *, kept: bool) -> None:
        self._size, self._hash = 0, hashlib.sha256()
        self._data = bytearray() if kept else None

    def add(self, part: bytes) -> None:
        self._size += len(part)
        self._hash.update(part)
        if self._data is not None:
            self._data += part

    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = {"bytes": self._size}
        if self._size:
            told["sha256"] = self._hash.hexdigest()
        if self._data is not None:
            told["body"] = self._data.decode(errors="replace")
        return told
