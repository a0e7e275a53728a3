"""What can be asked of the endpoints, and what each answer can be saved as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from speech_endpoints.cli.wanted import COMMANDS
from speech_endpoints.endpoint import AsyncEndpoint
from speech_endpoints.services import AsyncTranscribe
from speech_endpoints.wire import Json
from tools.workspace import ROOT

BUNDLE = "bundle"
PATIENCE_S = 5.0  # somebody waits
_NOT_ASKED = {"audio_url", "audio_base64", "audio", "audios", "format", "stream", "task"}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to ask.

    Attributes:
        name: as a bundle has it.
        title: as the page has it.
        question: what is asked, in words.
        verb: of the command ``speech``, and of the client's ``Bundle``.
        client: the client's class for a service of its own; ``transcribe`` has none.
    """

    name: str
    title: str
    question: str
    verb: str
    client: str = "Bundle"

    @property
    def kind(self) -> type[AsyncEndpoint[Any]]:
        """Who asks it."""
        return COMMANDS[self.verb].kind

    @property
    def files(self) -> tuple[str, ...]:
        """What an answer can be saved as: the formats of its command."""
        return get_args(get_type_hints(COMMANDS[self.verb])["form"])

    @property
    def asked_as(self) -> Json:
        """The format that is asked of the service: all files can be made from that answer."""
        return {"format": "vtt"} if "vtt" in self.files else {}

    def schema(self) -> Json:
        """The JSON Schema of its options: the service's, without the audio."""
        path = ROOT / "services" / self.kind.service / "schema" / "input.schema.json"
        schema: Json = json.loads(path.read_text(encoding="utf-8"))
        if branches := schema.get("discriminator", {}).get("mapping"):
            schema = schema["$defs"][branches[self.name].rpartition("/")[2]]
        options = {name: of for name, of in schema["properties"].items() if name not in _NOT_ASKED}
        return {"type": "object", "properties": options}


TASKS = {
    task.name: task
    for task in (
        Task("vad", "Speech", "Where is speech?", "vad", "VAD"),
        Task("diarization", "Speakers", "Who spoke when?", "diarize", "Diarization"),
        Task("asr", "Text", "What was said?", "asr", "ASR"),
        Task("transcribe", "Transcript", "Who said what, and when?", "transcribe"),
    )
}
"""By their names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A task, and where it is asked.

    Attributes:
        task: what is asked.
        service: whose endpoint it is: the task's own, or a bundle.
        endpoint: that endpoint.
    """

    task: Task
    service: str
    endpoint: AsyncEndpoint[Any]


def asked_of(endpoints: Mapping[str, str]) -> dict[str, Asked]:
    """The tasks that endpoints have, by their names; a bundle has all of them.

    Args:
        endpoints: ids on RunPod or URLs, by the names of services.

    Raises:
        SpeechError: an endpoint is none, or there is no key for it.
    """
    found = {}
    for task in TASKS.values():
        service = task.kind.service if task.kind.service in endpoints else BUNDLE
        if where := endpoints.get(service):
            bundle = service == BUNDLE and task.kind is not AsyncTranscribe
            endpoint = task.kind(where, patience_s=PATIENCE_S, bundle=bundle)
            found[task.name] = Asked(task, service, endpoint)
    return found
