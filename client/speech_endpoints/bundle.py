"""All services behind one endpoint, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Self, Unpack

from speech_endpoints.audio import Audio
from speech_endpoints.endpoint import AsyncEndpoint, Settings
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncTranscribe, AsyncVAD
from speech_endpoints.vendored.services.asr.contract import ASRResult, ASRSegment
from speech_endpoints.vendored.services.bundle.contract import Task, TranscribeResult
from speech_endpoints.vendored.services.diarization.contract import DiarizationResult
from speech_endpoints.vendored.services.vad.contract import VADResult
from speech_endpoints.wire import Json

BundleResult = VADResult | DiarizationResult | ASRResult | TranscribeResult


class AsyncBundle:
    """A bundle: one endpoint that has all services, and transcribes.

    Args:
        endpoint: its id on RunPod, or a URL such as ``http://localhost:8000/v2/bundle``.
        settings: see ``Settings``.

    Raises:
        InvalidInput: the endpoint is neither.
        NoKey: it is on RunPod and there is no key.
    """

    def __init__(self, endpoint: str, **settings: Unpack[Settings]) -> None:
        settings["bundle"] = True
        self._vad = AsyncVAD(endpoint, **settings)
        self._diarization = AsyncDiarization(endpoint, **settings)
        self._asr = AsyncASR(endpoint, **settings)
        self._transcribe = AsyncTranscribe(endpoint, **settings)
        self._all: dict[Task, AsyncEndpoint[Any]] = {
            "vad": self._vad,
            "diarization": self._diarization,
            "asr": self._asr,
            "transcribe": self._transcribe,
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._vad.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the endpoint can be used again."""
        for service in self._all.values():
            await service.close()

    async def vad(self, audio: Audio, **options: object) -> VADResult:
        """Where is speech? See ``AsyncEndpoint.run``."""
        return await self._vad.run(audio, **options)

    async def diarize(self, audio: Audio, **options: object) -> DiarizationResult:
        """Who spoke when? See ``AsyncDiarization``."""
        return await self._diarization.run(audio, **options)

    async def asr(self, audio: Audio, **options: object) -> ASRResult:
        """What was said? See ``AsyncEndpoint.run``."""
        return await self._asr.run(audio, **options)

    def stream(self, audio: Audio, **options: object) -> AsyncGenerator[ASRSegment | ASRResult]:
        """What was said, as it is recognised; see ``AsyncASR.stream``."""
        return self._asr.stream(audio, **options)

    async def transcribe(self, audio: Audio, **options: object) -> TranscribeResult:
        """Who said what, and when? See ``AsyncTranscribe``."""
        return await self._transcribe.run(audio, **options)

    async def result_of(self, job_id: str, task: Task = "transcribe") -> BundleResult:
        """The result of a job that was sent before; see ``AsyncEndpoint.result_of``."""
        found: BundleResult = await self._all[task].result_of(job_id)
        return found

    async def health(self) -> Json:
        """How many jobs and workers there are; see ``AsyncEndpoint.health``."""
        return await self._vad.health()
