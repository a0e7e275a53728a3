"""Runs a job: fetch, decode, engine, result; a result or a typed error, always."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, BinaryIO, Generic, TypeVar

from shared.audio import Block, Recording
from shared.batching import until
from shared.contract import AudioReference, AudioResult, Response, ServiceInfo, Timings
from shared.decode import DecodeLimits, decode
from shared.errors import SpeechError
from shared.fetch import FetchPolicy, open_audio, open_base64, open_url
from shared.worker.failure import message, response, typed
from shared.worker.request import choose, parse
from shared.worker.result import fit, fit_list
from shared.worker.room import IN_WORK, Room
from shared.worker.service import Engine, RequestT, Service

logger = logging.getLogger("speech")

T = TypeVar("T")
Outcome = dict[str, Any] | SpeechError  # of one recording
Part = Callable[[int, Response], None]  # of the result of the recording with that number


def no_part(_: int, __: Response) -> None:
    """Parts that nobody asked for."""


_OPEN: dict[str, Callable[[str, FetchPolicy], BinaryIO]] = {
    "audio_url": open_url,
    "audio_base64": open_base64,
    "audio": open_audio,
}


@dataclass(slots=True)
class _Work(Generic[RequestT]):
    """What the recordings of one job have in common.

    Attributes:
        request: what the caller asked for.
        result: the type of what each recording is answered with.
        part: takes parts of a result as they are done.
        cancelled: set once nobody waits for the job any more.
        stack: closes the files of ``files`` when the job has ended.
        files: the recordings of ``request.voices()``, fetched once for all of the job.
        turn: for recordings that read the same files, and so follow one another.
    """

    request: RequestT
    result: type[AudioResult]
    part: Part
    cancelled: threading.Event
    stack: ExitStack
    files: list[BinaryIO] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)


class JobHandler(Generic[RequestT]):
    """The handler RunPod's SDK calls.

    Each recording has a thread, from its fetching to its result; networks are computed in another,
    for all of them together (``shared.batching``). The event loop stays free, so the SDK sees
    cancellations at once.

    Attributes:
        room: how many jobs may be handled at a time.
    """

    def __init__(self, service: Service[RequestT], engine: Engine[RequestT]) -> None:
        self._service = service
        self._engine = engine
        self.room = Room(service.spec.worker)
        self._fetch_policy = service.spec.fetch_policy()
        self._decode_limits = service.spec.decode_limits()
        self._info = ServiceInfo(name=service.spec.name, version=service.spec.version)
        self._recordings = ThreadPoolExecutor(IN_WORK, "recording")

    async def handle(self, job: dict[str, Any], part: Part = no_part) -> dict[str, Any]:
        """Answer one job; never raises but for a cancellation.

        Args:
            job: as the SDK gives it.
            part: takes parts of the results as they are done, in the recording's thread.
        """
        began = time.perf_counter()
        try:
            answer = await self._answer(job.get("input"), part)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a typed error
            answer = response(typed(error))
        _log(job.get("id"), answer, time.perf_counter() - began)
        return answer

    async def _answer(self, job_input: object, part: Part) -> dict[str, Any]:
        limits = self._service.spec.limits
        contract = choose(self._service.contracts, job_input)
        request = parse(contract.request, job_input, limits.max_items)
        part = part if request.streams() else no_part
        outcomes = await self._run_all(request, contract.result, part)
        max_bytes = self._service.spec.worker.max_result_bytes
        if request.audios is None:
            if isinstance(outcomes[0], SpeechError):
                raise outcomes[0]
            return fit(outcomes[0], max_bytes)
        items = [
            {"error": message(outcome)} if isinstance(outcome, SpeechError) else outcome
            for outcome in outcomes
        ]
        answer = fit_list(items, max_bytes)
        if any(isinstance(each, SpeechError) and each.fresh_worker for each in outcomes):
            answer["refresh_worker"] = True
        return answer

    async def _run_all(
        self, request: RequestT, result: type[AudioResult], part: Part
    ) -> list[Outcome]:
        cancelled = threading.Event()
        # A list of slow URLs takes half of the places at most, so other jobs still get through.
        places = asyncio.Semaphore(IN_WORK // 2)

        async def threaded(work: Callable[[AudioReference], T], reference: AudioReference) -> T:
            async with places:
                return await asyncio.wrap_future(self._recordings.submit(work, reference))

        with ExitStack() as voices:
            work = _Work(request, result, part, cancelled, voices)
            try:
                for reference in request.voices():
                    work.files.append(await threaded(partial(self._open_voice, work), reference))
                every = [
                    threaded(partial(self._outcome, work, number), reference)
                    for number, reference in enumerate(request.references())
                ]
                return await asyncio.gather(*every)
            except asyncio.CancelledError:
                cancelled.set()
                raise

    def _open_voice(self, work: _Work[RequestT], reference: AudioReference) -> BinaryIO:
        with _about_voice(len(work.files)):
            return work.stack.enter_context(self._open(work, reference))

    def _outcome(self, work: _Work[RequestT], number: int, reference: AudioReference) -> Outcome:
        try:
            return self._run(work, number, reference)
        except BaseException as error:  # even SystemExit: it would end the worker and lose its jobs
            if work.cancelled.is_set():
                raise
            return typed(error)

    def _run(self, work: _Work[RequestT], number: int, reference: AudioReference) -> dict[str, Any]:
        began = time.perf_counter()
        with self._open(work, reference) as file:
            fetch_s = time.perf_counter() - began
            turn = work.turn if work.files else nullcontext()
            with turn, self.room.recording() as further:
                return self._infer(work, number, file, further, fetch_s)

    def _open(self, work: _Work[RequestT], reference: AudioReference) -> BinaryIO:
        source, value = reference.source()
        return _OPEN[source](value, replace(self._fetch_policy, cancelled=work.cancelled.is_set))

    def _infer(
        self,
        work: _Work[RequestT],
        number: int,
        file: BinaryIO,
        further: Callable[[], None],
        fetch_s: float,
    ) -> dict[str, Any]:
        request, limits = work.request, self._decode_limits
        recording = Recording(decode(file, limits, request.channel), work.cancelled, further)
        voices = [
            Recording(_voice(other, place, limits), work.cancelled, further)
            for place, other in enumerate(work.files)
        ]
        began = time.perf_counter()
        with until(work.cancelled):
            fields = self._engine.run(recording, request, voices, partial(work.part, number))
        spent = time.perf_counter() - began
        duration = recording.duration_s
        result = work.result(
            **{"model": self._engine.models[0], **fields},
            duration_s=round(duration, 3),
            timings=Timings(
                fetch_s=round(fetch_s, 4),
                decode_s=round(recording.decode_s, 4),
                infer_s=round(spent - recording.decode_s, 4),
                rtf=round(spent / duration, 6) if duration else None,
            ),
            service=self._info,
        )
        return result.model_dump(mode="json", exclude_unset=True)


def _voice(file: BinaryIO, number: int, limits: DecodeLimits) -> Iterator[Block]:
    """A voice's recording from its beginning."""
    with _about_voice(number):
        file.seek(0)
        yield from decode(file, limits, "mix")


@contextmanager
def _about_voice(number: int) -> Iterator[None]:
    """Errors in here say which voice they are about, and not the recording itself."""
    try:
        yield
    except SpeechError as error:
        message = f"voice {number + 1}: {error.message}"
        raise type(error)(message, retryable=error.retryable) from error.__cause__


def _log(job_id: object, answer: dict[str, Any], spent: float) -> None:
    """One line per job: how it ended and where the time went, nothing of what was in it."""
    line: dict[str, Any] = {"job": job_id, "seconds": round(spent, 4)}
    if "error" in answer:
        line["error"] = answer["error"].partition(":")[0]
    elif "results" in answer:
        line["recordings"] = len(answer["results"])
    else:
        line |= {"duration_s": answer["duration_s"], **answer["timings"]}
    logger.info("%s", json.dumps(line, default=str))
