"""What is wanted of a run: the options that all services have, and those of a service's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import typer

from speech_endpoints.audio import Packing
from speech_endpoints.endpoint import AsyncEndpoint
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncVAD

_ENDPOINT = ("--endpoint", "-e")
WHERE = "the endpoint's id on RunPod, or a URL such as http://localhost:8000/v2/vad"


@dataclass(kw_only=True)
class Wanted:
    """Of any service."""

    kind: ClassVar[type[AsyncEndpoint[Any]]]

    named: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="files, folders, patterns, URLs; - is standard input"
        ),
    ]
    endpoint: str
    form: str
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="folder for the results, and a journal of the run"),
    ] = None
    parallel: Annotated[int, typer.Option(min=1, max=200, help="recordings at a time")] = 8
    packing: Annotated[Packing, typer.Option(help="what larger files are packed as")] = "flac"
    gpu: Annotated[str, typer.Option(help="GPU pool that the cost is reckoned by")] = "AMPERE_16"
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="send what failed in an earlier run once more")
    ] = False
    resend_unknown: Annotated[
        bool,
        typer.Option(
            "--resend-unknown",
            help="send once more what may have been sent: some of it may be paid for twice",
        ),
    ] = False


_Spans = Literal["json", "csv", "rttm", "txt"]


@dataclass(kw_only=True)
class WantedVAD(Wanted):
    """Where is speech?"""

    kind = AsyncVAD
    endpoint: Annotated[str, typer.Option(*_ENDPOINT, envvar="SPEECH_VAD_ENDPOINT", help=WHERE)]
    form: Annotated[_Spans, typer.Option("--format", "-f", help="txt: Audacity's labels")] = "json"


@dataclass(kw_only=True)
class WantedSpeakers(Wanted):
    """Who spoke when?"""

    kind = AsyncDiarization
    endpoint: Annotated[str, typer.Option(*_ENDPOINT, envvar="SPEECH_DIARIZE_ENDPOINT", help=WHERE)]
    form: Annotated[_Spans, typer.Option("--format", "-f", help="txt: Audacity's labels")] = "json"
    known: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="a voice to recognise: its name, a recording of it"),
    ] = None


@dataclass(kw_only=True)
class WantedText(Wanted):
    """What was said?"""

    kind = AsyncASR
    endpoint: Annotated[str, typer.Option(*_ENDPOINT, envvar="SPEECH_ASR_ENDPOINT", help=WHERE)]
    form: Annotated[
        Literal["json", "txt", "srt", "vtt", "csv"],
        typer.Option("--format", "-f", help="of results"),
    ] = "json"
    stream: Annotated[
        bool, typer.Option("--stream", help="print each sentence as it is recognised")
    ] = False


COMMANDS: dict[str, type[Wanted]] = {
    "vad": WantedVAD,
    "diarize": WantedSpeakers,
    "asr": WantedText,
}
