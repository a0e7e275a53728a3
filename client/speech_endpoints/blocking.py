"""The same services for programs without an event loop: it runs in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, ClassVar, Generic, Self, TypeVar, Unpack

from anyio.from_thread import BlockingPortal, start_blocking_portal

from speech_endpoints.audio import Audio
from speech_endpoints.endpoint import (
    AsyncASR,
    AsyncDiarization,
    AsyncEndpoint,
    AsyncVAD,
    ResultT,
    Settings,
)
from speech_endpoints.vendored.services.asr.contract import ASRResult, ASRSegment
from speech_endpoints.vendored.services.diarization.contract import DiarizationResult
from speech_endpoints.vendored.services.vad.contract import VADResult
from speech_endpoints.wire import Json

T = TypeVar("T")

_GIVE_UP_S = 10.0  # for cancelling what was interrupted


class Endpoint(Generic[ResultT]):
    """A service behind an endpoint; see ``AsyncEndpoint``. May be used by several threads.

    Args:
        endpoint: its id on RunPod, or a URL such as ``http://localhost:8000/v2/vad``.
        settings: see ``Settings``.
    """

    kind: ClassVar[type[AsyncEndpoint[Any]]]

    def __init__(self, endpoint: str, **settings: Unpack[Settings]) -> None:
        self._there = self.kind(endpoint, **settings)
        self._threads = ExitStack()
        self._lock = threading.Lock()
        self._started: BlockingPortal | None = None

    def __repr__(self) -> str:
        return repr(self._there).removeprefix("Async")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread; the endpoint can be used again."""
        with self._lock:
            if self._started is not None:
                self._started.call(self._there.close)
            self._threads.close()
            self._started = None

    def run(self, audio: Audio, **options: object) -> ResultT:
        """The result for one recording; see ``AsyncEndpoint.run``. Ctrl-C cancels the job."""

        async def run() -> ResultT:
            found: ResultT = await self._there.run(audio, **options)
            return found

        return self._call(run)

    def health(self) -> Json:
        """How many jobs and workers there are; see ``AsyncEndpoint.health``."""
        return self._call(self._there.health)

    def _call(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await something in the thread of the event loop."""
        over = threading.Event()

        async def watched() -> T:
            try:
                return await work()
            finally:
                over.set()

        future = self._portal().start_task_soon(watched)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C, most likely: what goes on there is told, and has the time to cancel its job.
            if future.cancel():
                with suppress(KeyboardInterrupt):
                    over.wait(_GIVE_UP_S)
            raise

    def _portal(self) -> BlockingPortal:
        with self._lock:
            if self._started is None:
                self._started = self._threads.enter_context(start_blocking_portal("asyncio"))
            return self._started


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
        coming = self._there.stream(audio, **options)
        try:
            while (item := self._call(lambda: anext(coming, None))) is not None:
                yield item
        finally:
            self._call(coming.aclose)
