"""What a worker said, as the emulator's event log tells it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

TAKES = ("job-take", "job-take-batch")


@dataclass(frozen=True, slots=True)
class Message:
    """One request of a worker, and its answer.

    Attributes:
        at: when it came, in seconds since the epoch.
        route: such as ``job-done``.
        job: the id of the job it is about; empty if its path names none.
        streams: whether it says of itself that it ends a stream.
        status: of the answer.
        size: of the request's body, in bytes.
        body: the request's.
        answer: the answer's body.
    """

    at: float
    route: str
    job: str
    streams: bool
    status: int
    size: int
    body: str
    answer: str

    @property
    def content(self) -> dict[str, Any]:
        """The body as RunPod reads it; empty if it is not an object of JSON."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def is_progress(self) -> bool:
        """Whether it reports progress, which the SDK sends where results go."""
        return self.route == "job-done" and self.content.get("status") == "IN_PROGRESS"


class Wire(io.StringIO):
    """A file for the event log that keeps the messages of workers.

    A message is there when it has been answered: a question that waits is not yet.
    """

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[Message] = []

    def write(self, text: str) -> int:
        """Keep a line of the event log."""
        self._messages.append(_message(json.loads(text)))
        return len(text)

    def said(self, *routes: str) -> list[Message]:
        """What came on these routes, in the order it was answered."""
        return [message for message in self._messages if message.route in routes]

    def handed_out(self, job: str) -> Message | None:
        """The question that was answered with this job; None if there was none so far."""
        return next((m for m in self.said(*TAKES) if f'"{job}"' in m.answer), None)

    def results(self, job: str = "") -> Iterator[Message]:
        """Results, of one job or of all, but for those the worker is to post again."""
        for message in self.said("job-done"):
            accepted = message.status < 500 and not message.is_progress
            if accepted and message.job == (job or message.job):
                yield message


def _message(event: dict[str, Any]) -> Message:
    # /v2/<endpoint>/<route>/<worker>/<job>
    parts = [*event["path"].split("/")[3:], "", ""]
    return Message(
        at=event["time"],
        route=parts[0],
        job=parts[2].partition("&")[0],
        streams=parse_qs(event["query"]).get("isStream") == ["true"],
        status=event["status"],
        size=event["request"]["bytes"],
        body=event["request"]["body"],
        answer=event["response"]["body"],
    )
