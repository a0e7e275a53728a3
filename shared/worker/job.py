"""Runs a job: fetch, decode, engine, result; a result or a typed error, always."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, BinaryIO, Generic

from shared.audio import Recording
from shared.contract import AudioReference, ServiceInfo, Timings
from shared.decode import decode
from shared.errors import AcceleratorFailed, SpeechError
from shared.fetch import FetchPolicy, open_audio, open_base64, open_url
from shared.worker.failure import message, response, typed
from shared.worker.request import parse
from shared.worker.result import fit, fit_list
from shared.worker.service import Engine, RequestT, Service

logger = logging.getLogger("speech")

Outcome = dict[str, Any] | SpeechError  # of one recording

_OPEN: dict[str, Callable[[str, FetchPolicy], BinaryIO]] = {
    "audio_url": open_url,
    "audio_base64": open_base64,
    "audio": open_audio,
}


class JobHandler(Generic[RequestT]):
    """The handler RunPod's SDK calls.

    Recordings are fetched side by side, as many as the service's concurrency; the engine's work
    is done in one thread. The event loop stays free, so the SDK sees cancellations at once.
    """

    def __init__(self, service: Service[RequestT], engine: Engine[RequestT]) -> None:
        self._service = service
        self._engine = engine
        self._fetch_policy = service.spec.fetch_policy()
        self._decode_limits = service.spec.decode_limits()
        self._info = ServiceInfo(name=service.spec.name, version=service.spec.version)
        self._recordings = ThreadPoolExecutor(service.spec.worker.concurrency, "recording")
        self._compute = ThreadPoolExecutor(1, "engine")

    async def handle(self, job: dict[str, Any]) -> dict[str, Any]:
        """Answer one job; never raises but for a cancellation."""
        began = time.perf_counter()
        try:
            answer = await self._answer(job.get("input"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a typed error
            answer = response(typed(error))
        _log(job.get("id"), answer, time.perf_counter() - began)
        return answer

    async def _answer(self, job_input: object) -> dict[str, Any]:
        limits = self._service.spec.limits
        request = parse(self._service.request, job_input, limits.max_items)
        outcomes = await self._run_all(request)
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
        if any(isinstance(outcome, AcceleratorFailed) for outcome in outcomes):
            answer["refresh_worker"] = True
        return answer

    async def _run_all(self, request: RequestT) -> list[Outcome]:
        cancelled = threading.Event()
        # A list of slow URLs takes half of the places at most, so other jobs still get through.
        places = asyncio.Semaphore(max(1, self._service.spec.worker.concurrency // 2))

        async def one(reference: AudioReference) -> Outcome:
            async with places:
                work = self._recordings.submit(self._outcome, reference, request, cancelled)
                return await asyncio.wrap_future(work)

        try:
            return await asyncio.gather(*map(one, request.references()))
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def _outcome(
        self, reference: AudioReference, request: RequestT, cancelled: threading.Event
    ) -> Outcome:
        try:
            return self._run(reference, request, cancelled)
        except BaseException as error:  # even SystemExit: it would end the worker and lose its jobs
            if cancelled.is_set():
                raise
            return typed(error)

    def _run(
        self, reference: AudioReference, request: RequestT, cancelled: threading.Event
    ) -> dict[str, Any]:
        began = time.perf_counter()
        field, value = reference.source()
        policy = replace(self._fetch_policy, cancelled=cancelled.is_set)
        with _OPEN[field](value, policy) as file:
            fetch_s = time.perf_counter() - began
            return self._compute.submit(self._infer, file, request, cancelled, fetch_s).result()

    def _infer(
        self, file: BinaryIO, request: RequestT, cancelled: threading.Event, fetch_s: float
    ) -> dict[str, Any]:
        recording = Recording(decode(file, self._decode_limits, request.channel), cancelled)
        began = time.perf_counter()
        fields = self._engine.run(recording, request)
        spent = time.perf_counter() - began
        duration = recording.duration_s
        result = self._service.result(
            **fields,
            duration_s=round(duration, 3),
            timings=Timings(
                fetch_s=round(fetch_s, 4),
                decode_s=round(recording.decode_s, 4),
                infer_s=round(spent - recording.decode_s, 4),
                rtf=round(spent / duration, 6) if duration else None,
            ),
            model=self._engine.model,
            service=self._info,
        )
        return result.model_dump(mode="json", exclude_unset=True)


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
