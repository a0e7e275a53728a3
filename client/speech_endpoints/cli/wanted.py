"""What is wanted of a run: the options that all services have, and those of a service's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import typer

from speech_endpoints.audio import Packing
from speech_endpoints.cli.batch import Answering
from speech_endpoints.endpoint import AsyncEndpoint, Settings
from speech_endpoints.pair import AsyncPair
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncTranscribe, AsyncVAD
from speech_endpoints.vendored.shared.errors import InvalidInput

_PATIENCE_S = 120.0  # there is nobody who waits for each recording
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
    endpoint: str | None
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

    def called(self) -> Answering:
        """What the recordings are sent to.

        Raises:
            SpeechError: it is no endpoint, or there is no key for it.
        """
        raise NotImplementedError

    def settings(self) -> Settings:
        """How it is called."""
        return {"packing": self.packing, "patience_s": _PATIENCE_S}


@dataclass(kw_only=True)
class WantedOfOne(Wanted):
    """Of a service that has an endpoint of its own."""

    endpoint: str
    bundle: Annotated[
        bool, typer.Option("--bundle", help="the endpoint is a bundle, which has all services")
    ] = False

    def called(self) -> AsyncEndpoint[Any]:
        """See ``Wanted``."""
        return self.kind(self.endpoint, **self.settings())

    def settings(self) -> Settings:
        """See ``Wanted``."""
        return {**super().settings(), "bundle": self.bundle}


@dataclass(kw_only=True)
class WithVoices(Wanted):
    """Of a service that tells speakers apart."""

    known: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="a voice to recognise: its name, a recording of it"),
    ] = None


_Spans = Literal["json", "csv", "rttm", "txt"]


@dataclass(kw_only=True)
class WantedVAD(WantedOfOne):
    """Where is speech?"""

    kind = AsyncVAD
    endpoint: Annotated[str, typer.Option(*_ENDPOINT, envvar="SPEECH_VAD_ENDPOINT", help=WHERE)]
    form: Annotated[_Spans, typer.Option("--format", "-f", help="txt: Audacity's labels")] = "json"


@dataclass(kw_only=True)
class WantedSpeakers(WantedOfOne, WithVoices):
    """Who spoke when?"""

    kind = AsyncDiarization
    endpoint: Annotated[str, typer.Option(*_ENDPOINT, envvar="SPEECH_DIARIZE_ENDPOINT", help=WHERE)]
    form: Annotated[_Spans, typer.Option("--format", "-f", help="txt: Audacity's labels")] = "json"


@dataclass(kw_only=True)
class WantedText(WantedOfOne):
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


@dataclass(kw_only=True)
class WantedTranscript(WithVoices):
    """Who said what, and when? From a bundle, or from two endpoints."""

    kind = AsyncTranscribe
    endpoint: Annotated[
        str | None,
        typer.Option(*_ENDPOINT, envvar="SPEECH_TRANSCRIBE_ENDPOINT", help="a bundle: id or URL"),
    ] = None
    diarization_endpoint: Annotated[
        str | None, typer.Option(help="or one that tells speakers apart: id or URL")
    ] = None
    asr_endpoint: Annotated[
        str | None, typer.Option(help="together with one that recognises speech")
    ] = None
    form: Annotated[
        Literal["json", "srt", "vtt", "md", "txt"],
        typer.Option("--format", "-f", help="md: minutes in Markdown"),
    ] = "json"

    def called(self) -> Answering:
        """See ``Wanted``."""
        match self.endpoint, self.diarization_endpoint, self.asr_endpoint:
            case str(bundle), None, None:
                return AsyncTranscribe(bundle, **self.settings())
            case None, str(speakers), str(text):
                return AsyncPair(speakers, text, **self.settings())
        raise InvalidInput(
            "give --endpoint (or SPEECH_TRANSCRIBE_ENDPOINT), or --diarization-endpoint together "
            "with --asr-endpoint"
        )


COMMANDS: dict[str, type[Wanted]] = {
    "vad": WantedVAD,
    "diarize": WantedSpeakers,
    "asr": WantedText,
    "transcribe": WantedTranscript,
}
