"""What can be asked of the endpoints, and what each answer can be saved as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speech_endpoints.endpoint import AsyncEndpoint
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncVAD
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult, TranscribeTask
from speech_endpoints.wire import Json
from tools.workspace import ROOT

_NOT_ASKED = {"audio_url", "audio_base64", "audio", "audios", "format", "stream", "task"}


class AsyncTranscribe(AsyncEndpoint[TranscribeResult]):
    """The bundle's ``transcribe``. A recording is one job: its speakers have to be told apart."""

    service, request, result = "bundle", TranscribeTask, TranscribeResult
    splits = False

    def check(self, options: Mapping[str, object]) -> Json:
        """See above."""
        return super().check({**options, "task": "transcribe"})


@dataclass(frozen=True, slots=True)
class Task:
    """Something to ask.

    Attributes:
        name: of the bundle's task.
        title: as the page has it.
        question: what is asked, in words.
        kind: who asks it.
        files: what an answer can be saved as, by the ends of the files' names.
        asked_as: the format that is asked of the service; the others are made from that answer.
        client: its class in the Python client.
        verb: its command of ``speech``.
    """

    name: str
    title: str
    question: str
    kind: type[AsyncEndpoint[Any]]
    files: tuple[str, ...]
    asked_as: str = "json"
    client: str = ""
    verb: str = ""

    @property
    def service(self) -> str:
        """The service that answers."""
        return self.kind.service

    def asked(self, options: Json) -> Json:
        """The input of a job, but for its audio."""
        return options if self.name == self.service else {"task": self.name, **options}

    def schema(self) -> Json:
        """The JSON Schema of its options: the service's, without the audio."""
        path = ROOT / "services" / self.service / "schema" / "input.schema.json"
        schema: Json = json.loads(path.read_text(encoding="utf-8"))
        if branches := schema.get("discriminator", {}).get("mapping"):
            schema = schema["$defs"][branches[self.name].rpartition("/")[2]]
        options = {name: of for name, of in schema["properties"].items() if name not in _NOT_ASKED}
        return {"type": "object", "properties": options}


TASKS = {
    task.name: task
    for task in (
        Task(
            "vad", "Speech", "Where is speech?", AsyncVAD,
            ("json", "csv", "rttm", "txt"), client="VAD", verb="vad",
        ),
        Task(
            "diarization", "Speakers", "Who spoke when?", AsyncDiarization,
            ("json", "csv", "rttm", "txt"), client="Diarization", verb="diarize",
        ),
        Task(
            "asr", "Text", "What was said?", AsyncASR,
            ("json", "txt", "srt", "vtt", "csv"), "vtt", client="ASR", verb="asr",
        ),
        Task(
            "transcribe", "Transcript", "Who said what, and when?", AsyncTranscribe,
            ("json", "txt", "srt", "vtt", "rttm"), "vtt",
        ),
    )
}  # fmt: skip
"""By their names."""
