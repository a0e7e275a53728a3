"""The services, asynchronous: what each of them is asked for, and how its parts become a whole."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

import anyio
from anyio import to_thread

from speech_endpoints import jobs
from speech_endpoints.asking import checked, with_voices
from speech_endpoints.audio import Audio
from speech_endpoints.endpoint import NO_LEDGER, AsyncEndpoint
from speech_endpoints.jobs import Ledger
from speech_endpoints.merge import Heard, merge_segments, merge_texts, shifted
from speech_endpoints.vendored.services.asr.contract import ASRRequest, ASRResult, ASRSegment
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult, TranscribeTask
from speech_endpoints.vendored.services.diarization.contract import (
    DiarizationRequest,
    DiarizationResult,
)
from speech_endpoints.vendored.services.vad.contract import VADRequest, VADResult
from speech_endpoints.wire import Json


class AsyncVAD(AsyncEndpoint[VADResult]):
    """Voice activity detection: where is speech?"""

    service, request, result = "vad", VADRequest, VADResult
    context_s = 2.0

    def merged(self, heard: Sequence[Heard], asked: Json) -> Json:
        """Segments that a cut went through are one."""
        return merge_segments(heard, asked)


class AsyncDiarization(AsyncEndpoint[DiarizationResult]):
    """Speaker diarization: who spoke when?

    A recording is one job, however long: speakers of different parts would not be linked. What does
    not fit in as FLAC is packed as Opus, more than an hour; longer ones are given by URL.

    ``known_speakers`` may be a mapping from names to recordings or embeddings.
    """

    service, request, result = "diarization", DiarizationRequest, DiarizationResult
    splits = False

    def check(self, options: Mapping[str, object]) -> Json:
        """See above."""
        return super().check(with_voices(options))


class AsyncASR(AsyncEndpoint[ASRResult]):
    """Speech recognition: what was said?"""

    service, request, result = "asr", ASRRequest, ASRResult

    def merged(self, heard: Sequence[Heard], asked: Json) -> Json:
        """One text after the other."""
        return merge_texts(heard, asked)

    async def stream(
        self, audio: Audio, **options: object
    ) -> AsyncGenerator[ASRSegment | ASRResult]:
        """Segments as they are recognised, and the full result as the last item.

        Segments are in order, but one whose delivery failed comes at the end. See ``run``.
        """
        async with aclosing(self.items(audio, options)) as items:
            async for item in items:
                yield ASRSegment.model_validate(item) if "start" in item else self.read(item)

    async def items(
        self, audio: Audio, options: Mapping[str, object], ledger: Ledger = NO_LEDGER
    ) -> AsyncGenerator[Json]:
        """The same as JSON; see ``answer``."""
        asked = self.check({**options, "stream": True})
        deadline = anyio.current_time() + self._timeout_s if self._timeout_s else math.inf
        heard: list[Heard] = []
        parts = self._parts(audio, asked)
        while (part := await to_thread.run_sync(next, parts, None)) is not None:
            self._may_be_sent(part, asked)
            number = len(heard)
            job = await jobs.send(self.wire, self._request(part, asked), ledger, number)
            given: list[Json] = []
            coming = jobs.streamed(self.wire, job["id"], ledger, number, deadline)
            async with aclosing(coming):
                async for item in coming:
                    given.append(item)
                    if "start" in item:
                        yield shifted(item, part.offset_s)
            heard.append(Heard(part.offset_s, jobs.whole(given)))
        yield self._together(heard, asked)


class AsyncTranscribe(AsyncEndpoint[TranscribeResult]):
    """Who said what, and when? The endpoint is a bundle.

    A recording is one job, however long, and ``known_speakers`` may be a mapping: see
    ``AsyncDiarization``.
    """

    service, request, result = "bundle", TranscribeTask, TranscribeResult
    splits = False

    @classmethod
    def check(cls, options: Mapping[str, object]) -> Json:
        """See above."""
        task = {"task": "transcribe"}
        return {**task, **checked(cls.request, {**task, **with_voices(options)})}
