"""Two endpoints, one that tells speakers apart and one that recognises, called as a bundle is."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self, Unpack, cast

import anyio
import anyio.lowlevel

from speech_endpoints.audio import Audio
from speech_endpoints.endpoint import NO_LEDGER, AsyncEndpoint, Settings
from speech_endpoints.failures import SpeechError
from speech_endpoints.jobs import Ledger
from speech_endpoints.services import AsyncASR, AsyncDiarization, AsyncTranscribe
from speech_endpoints.transcript import transcript
from speech_endpoints.vendored.services.bundle.contract import TranscribeResult
from speech_endpoints.wire import Json

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class AsyncPair:
    """Who said what, and when? Both endpoints hear a recording at the same time.

    Their results are merged here, word by word. Options are those of ``transcribe``; one that both
    services have (``max_end_silence_ms``, ``speech_threshold``, ``channel``) is for both.

    Args:
        diarization: an endpoint; see ``AsyncEndpoint``.
        asr: an endpoint.
        settings: see ``Settings``; of both.

    Raises:
        InvalidInput: one is no endpoint.
        NoKey: one is on RunPod and there is no key.
    """

    service: ClassVar[str] = "diarization+asr"

    def __init__(self, diarization: str, asr: str, **settings: Unpack[Settings]) -> None:
        self._speakers = AsyncDiarization(diarization, **settings)
        self._text = AsyncASR(asr, **settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._speakers.close()
        await self._text.close()

    @property
    def url(self) -> str:
        """Where they are."""
        return f"{self._speakers.url} {self._text.url}"

    def check(self, options: Mapping[str, object]) -> Json:
        """The options as the services take them.

        Raises:
            InvalidInput: neither has such an option, or it takes other values.
        """
        return AsyncTranscribe.check(options)

    def read(self, result: Json) -> TranscribeResult:
        """A result as the contract has it; see ``AsyncEndpoint.read``."""
        return AsyncTranscribe.read(result)

    async def answer(
        self, audio: Audio, options: Mapping[str, object], ledger: Ledger = NO_LEDGER
    ) -> Json:
        """The result for one recording as JSON; see ``AsyncEndpoint.answer``."""
        asked = self.check(options)
        if isinstance(audio, io.IOBase) and audio.readable() and not audio.seekable():
            audio = await anyio.to_thread.run_sync(cast("BinaryIO", audio).read)  # a pipe, for both
        turn = threading.Lock()
        found: dict[str, Json] = {}
        errors: list[SpeechError] = []
        async with anyio.create_task_group() as group:

            async def one(endpoint: AsyncEndpoint[Any], options: Json, first: int) -> None:
                mine = audio
                if isinstance(audio, io.IOBase) and not isinstance(audio, io.TextIOBase):
                    mine = cast("BinaryIO", _Reader(cast("BinaryIO", audio), turn))
                try:
                    result = await endpoint.answer(mine, options, ledger, first)
                    endpoint.read(result)
                    found[endpoint.service] = result
                except SpeechError as error:
                    errors.append(error)
                    group.cancel_scope.cancel()  # the other is for nothing without this one

            words = {**_those_of(self._text, asked), "timestamps": "word"}
            group.start_soon(one, self._speakers, _those_of(self._speakers, asked), 0)
            group.start_soon(one, self._text, words, 1)  # a recording's speakers are one job
        await anyio.lowlevel.checkpoint_if_cancelled()  # as in ``AsyncEndpoint``
        if errors:
            raise errors[0]
        return transcript(found["diarization"], found["asr"], asked)


class _Reader(io.RawIOBase):
    """A file that another reads too: each has a place of its own in it.

    Args:
        file: that is open.
        turn: of one of them to read.
    """

    def __init__(self, file: BinaryIO, turn: threading.Lock) -> None:
        self._file, self._turn, self._at = file, turn, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """See ``io``."""
        if whence == os.SEEK_END:
            with self._turn:
                self._at = self._file.seek(offset, whence)
        else:
            self._at = offset + (self._at if whence == os.SEEK_CUR else 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """See ``io``."""
        room = memoryview(buffer).cast("B")
        with self._turn:
            self._file.seek(self._at)
            data = self._file.read(len(room))
        room[: len(data)] = data
        self._at += len(data)
        return len(data)


def _those_of(endpoint: AsyncEndpoint[Any], asked: Json) -> Json:
    """The options that a service has; the format is that of the whole."""
    return {
        name: value
        for name, value in asked.items()
        if name in endpoint.request.model_fields and name != "format"
    }
