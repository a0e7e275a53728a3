"""Many recordings, some at a time, each answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self

import anyio

from speech_endpoints.audio import Audio
from speech_endpoints.cli.files import Recording
from speech_endpoints.cli.journal import CannotWrite, Entry, Journal
from speech_endpoints.failures import (
    EndpointNotFound,
    NotAuthorised,
    OutcomeUnknown,
    SpeechError,
    TooManyRequests,
    Unreachable,
    WrongEndpoint,
)
from speech_endpoints.jobs import Ledger
from speech_endpoints.wire import Json

# What fails one recording fails all.
_FATAL = (NotAuthorised, EndpointNotFound, WrongEndpoint, CannotWrite)
_PASSING = (*_FATAL, Unreachable, TooManyRequests)  # the recording itself has not failed


class Answering(Protocol):
    """What recordings are sent to: an ``AsyncEndpoint``, or several that are called as one."""

    service: ClassVar[str]

    @property
    def url(self) -> str:
        """Where it is."""

    def check(self, options: Mapping[str, object]) -> Json:
        """See ``AsyncEndpoint.check``."""

    async def answer(self, audio: Audio, options: Mapping[str, object], ledger: Ledger) -> Json:
        """See ``AsyncEndpoint.answer``."""

    def read(self, result: Json) -> object:
        """See ``AsyncEndpoint.read``."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Again:
    """What of an earlier run is sent once more.

    Attributes:
        failed: recordings that failed.
        unknown: recordings of which a job may run already.
    """

    failed: bool = False
    unknown: bool = False


@dataclass
class Tally:
    """How far a run is.

    Attributes:
        failures: recordings without a result, and why.
        audio_s: seconds of audio that are done.
        execution_s: for how long workers have worked on them.
        bytes: of the files that are over.
    """

    done: int = 0
    failures: list[tuple[Recording, str]] = field(default_factory=list)
    audio_s: float = 0.0
    execution_s: float = 0.0
    bytes: int = 0
    changed: Callable[[], None] = lambda: None

    def over(self, recording: Recording, reason: str | None = None) -> None:
        """A recording is over."""
        self.bytes += recording.size
        if reason is None:
            self.done += 1
        else:
            self.failures.append((recording, reason))
        self.changed()


@dataclass
class Batch:
    """A run.

    Attributes:
        endpoint: where jobs are sent.
        options: of the service.
        finish: is given each result, and writes it.
        journal: remembers the run, if it is to be gone on with.
        again: what of an earlier run is sent once more.
    """

    endpoint: Answering
    options: Mapping[str, object]
    finish: Callable[[Recording, Json], None]
    journal: Journal | None = None
    again: Again = Again()
    tally: Tally = field(default_factory=Tally)

    async def run(self, recordings: Iterable[Recording], parallel: int) -> None:
        """Answer all, so many at a time.

        Raises:
            SpeechError: the endpoint would refuse every one.
        """
        waiting = iter(recordings)
        fatal: list[SpeechError] = []
        async with anyio.create_task_group() as group:

            async def work(waiting: Iterator[Recording]) -> None:
                for recording in waiting:
                    try:
                        await self._one(recording)
                    except (*_FATAL, OSError) as error:
                        fatal.append(_fatal(error))
                        group.cancel_scope.cancel()

            for _ in range(parallel):
                group.start_soon(work, waiting)
        if fatal:
            raise fatal[0]

    async def _one(self, recording: Recording) -> None:
        entry = self.journal.entry(recording) if self.journal else None
        if entry and (reason := self._left_alone(entry)):
            self.tally.over(recording, reason)
            return
        ledger = entry or _Watched()
        try:
            result = await self._result(recording, entry, ledger)
        except _FATAL:
            raise
        except SpeechError as error:
            self._note(entry, error)
            self.tally.over(recording, str(error))
        else:
            self.finish(recording, result)
            self.tally.audio_s += result["duration_s"]
            self.tally.execution_s += ledger.execution_s()
            self.tally.over(recording)

    async def _result(self, recording: Recording, entry: Entry | None, ledger: Ledger) -> Json:
        if entry and entry.state[0] == "done":
            return entry.result
        result = await self.endpoint.answer(recording.audio, self.options, ledger)
        self.endpoint.read(result)
        if entry:
            entry.done(result)
        return result

    def _left_alone(self, entry: Entry) -> str | None:
        """Why a recording is not sent once more, though it has no result."""
        state, reason = entry.state
        wanted = {"failed": self.again.failed, "unknown": self.again.unknown}.get(state)
        if wanted:
            entry.again()
        return None if wanted is not False else reason or state

    def _note(self, entry: Entry | None, error: SpeechError) -> None:
        if entry is None or isinstance(error, _PASSING):
            return
        entry.settle("unknown" if isinstance(error, OutcomeUnknown) else "failed", str(error))


def _fatal(error: Exception) -> SpeechError:
    if isinstance(error, SpeechError):
        return error
    return CannotWrite(getattr(error, "strerror", None) or str(error))


class _Watched(Ledger):
    """No journal, but the time that was paid for."""

    def __init__(self) -> None:
        self._ms = 0

    def ended(self, part: int, job: Json) -> None:
        """See ``Ledger``."""
        self._ms += job.get("executionTime", 0)

    def execution_s(self) -> float:
        """For how long workers have worked."""
        return self._ms / 1000
