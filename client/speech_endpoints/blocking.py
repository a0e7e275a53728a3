"""The same services for programs without an event loop: it runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from contextlib import suppress
from typing import Any, ClassVar, Generic, Self, TypeVar, Unpack

from speech_endpoints.audio import Audio
from speech_endpoints.bundle import AsyncBundle, BundleResult
from speech_endpoints.endpoint import AsyncEndpoint, ResultT, Settings
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncVAD
from speech_endpoints.vendored.services.asr.contract import ASRResult, ASRSegment
from speech_endpoints.vendored.services.bundle.contract import Task, TranscribeResult
from speech_endpoints.vendored.services.diarization.contract import DiarizationResult
from speech_endpoints.vendored.services.vad.contract import VADResult
from speech_endpoints.wire import Json

T = TypeVar("T")

_GIVE_UP_S = 10.0  # for cancelling what was interrupted


class Background:
    """An event loop in a thread that does not keep the program from ending."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="speech-endpoints", daemon=True
        )
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something there. Ctrl-C here cancels it, which has the time to cancel its job."""
        over = threading.Event()

        async def watched() -> T:
            try:
                return await work
            finally:
                over.set()

        future = asyncio.run_coroutine_threadsafe(watched(), self._loop)
        try:
            return future.result()
        except BaseException:
            if future.cancel():
                with suppress(KeyboardInterrupt):
                    over.wait(_GIVE_UP_S)
            raise

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    """What is called elsewhere, from here. May be used by several threads.

    Args:
        endpoint: its id on RunPod, or a URL such as ``http://localhost:8000/v2/vad``.
        settings: see ``Settings``.
    """

    kind: ClassVar[type[AsyncEndpoint[Any] | AsyncBundle]]

    def __init__(self, endpoint: str, **settings: Unpack[Settings]) -> None:
        self._there = self.kind(endpoint, **settings)
        self._lock = threading.Lock()
        self._started: Background | None = None

    def __repr__(self) -> str:
        return repr(self._there).removeprefix("Async")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread; the endpoint can be used again."""
        with self._lock:
            started, self._started = self._started, None
        if started is not None:
            started.call(self._there.close())
            started.close()

    def health(self) -> Json:
        """How many jobs and workers there are; see ``AsyncEndpoint.health``."""
        return self._call(self._there.health())

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            self._started = self._started or Background()
        return self._started.call(work)

    def _each(self, coming: AsyncGenerator[T]) -> Iterator[T]:
        try:
            while (item := self._call(_next(coming))) is not None:
                yield item
        finally:
            self._call(coming.aclose())


class Endpoint(Blocking, Generic[ResultT]):
    """A service behind an endpoint; see ``AsyncEndpoint``."""

    kind: ClassVar[type[AsyncEndpoint[Any]]]
    _there: AsyncEndpoint[Any]

    def run(self, audio: Audio, **options: object) -> ResultT:
        """The result for one recording; see ``AsyncEndpoint.run``. Ctrl-C cancels the job."""
        found: ResultT = self._call(self._there.run(audio, **options))
        return found

    def result_of(self, job_id: str) -> ResultT:
        """The result of a job that was sent before; see ``AsyncEndpoint.result_of``."""
        found: ResultT = self._call(self._there.result_of(job_id))
        return found


class VAD(Endpoint[VADResult]):
    """Voice activity detection: where is speech?"""

    kind = AsyncVAD


class Diarization(Endpoint[DiarizationResult]):
    """Speaker diarization: who spoke when? See ``AsyncDiarization``."""

    kind = AsyncDiarization


class ASR(Endpoint[ASRResult]):
    """Speech recognition: what was said?"""

    kind = AsyncASR
    _there: AsyncASR

    def stream(self, audio: Audio, **options: object) -> Iterator[ASRSegment | ASRResult]:
        """Segments as they are recognised, and the full result as the last item.

        The job is cancelled when the iterator is closed before that, or by Ctrl-C.
        """
        return self._each(self._there.stream(audio, **options))


class Bundle(Blocking):
    """All services behind one endpoint; see ``AsyncBundle``. Options are those of the services."""

    kind = AsyncBundle
    _there: AsyncBundle

    def vad(self, audio: Audio, **options: object) -> VADResult:
        """Where is speech? As ``VAD.run``."""
        return self._call(self._there.vad(audio, **options))

    def diarize(self, audio: Audio, **options: object) -> DiarizationResult:
        """Who spoke when? As ``Diarization.run``."""
        return self._call(self._there.diarize(audio, **options))

    def asr(self, audio: Audio, **options: object) -> ASRResult:
        """What was said? As ``ASR.run``."""
        return self._call(self._there.asr(audio, **options))

    def stream(self, audio: Audio, **options: object) -> Iterator[ASRSegment | ASRResult]:
        """What was said, as it is recognised. As ``ASR.stream``."""
        return self._each(self._there.stream(audio, **options))

    def transcribe(self, audio: Audio, **options: object) -> TranscribeResult:
        """Who said what, and when? See ``AsyncTranscribe``."""
        return self._call(self._there.transcribe(audio, **options))

    def result_of(self, job_id: str, task: Task = "transcribe") -> BundleResult:
        """The result of a job that was sent before; see ``AsyncEndpoint.result_of``."""
        return self._call(self._there.result_of(job_id, task))


async def _next(coming: AsyncIterator[T]) -> T | None:
    return await anext(coming, None)
