"""Answers jobs in parts, through an asynchronous generator, which RunPod's SDK calls a stream.

The SDK decides by the handler's kind, so every job of such a service ends with a list: of its parts
and the full result if it asked for parts, and of the full result alone if it did not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from shared.contract import Response
from shared.errors import ResultTooLarge, SpeechError
from shared.worker.failure import response
from shared.worker.job import JobHandler
from shared.worker.result import encoded_size
from shared.worker.service import Engine, RequestT, Service

Item = dict[str, Any]


class StreamHandler(JobHandler[RequestT]):
    """The generator RunPod's SDK calls.

    Args:
        service: the endpoint.
        engine: its loaded engine.
        settings: what is handed to ``runpod.serverless.start``, by the same reference.
    """

    def __init__(
        self, service: Service[RequestT], engine: Engine[RequestT], settings: dict[str, Any]
    ) -> None:
        super().__init__(service, engine)
        self._max_bytes = service.spec.worker.max_result_bytes
        self._streamed = service.streams
        self._settings = settings

    async def stream(self, job: dict[str, Any]) -> AsyncGenerator[Item]:
        """The parts of a job's result, if it asked for them, and then the result or its error.

        A part is what the engine emitted; with a list of recordings it also says which ``item``
        it belongs to, counted from 0.
        """
        asked = job.get("input")
        listed = isinstance(asked, dict) and asked.get("audios") is not None
        loop, parts = asyncio.get_running_loop(), asyncio.Queue[Item | None]()

        def part(number: int, content: Response) -> None:
            item = content.model_dump(mode="json", exclude_unset=True)
            item |= {"item": number} if listed else {}
            loop.call_soon_threadsafe(parts.put_nowait, item)

        answering = asyncio.create_task(self.handle(job, part))
        answering.add_done_callback(lambda _: parts.put_nowait(None))
        sent = 0
        try:
            while (item := await parts.get()) is not None:
                sent += encoded_size(item)
                yield item
            yield self._last(await answering, sent)
        finally:
            # The job was cancelled, or the SDK is not interested any more.
            answering.cancel()
            with suppress(asyncio.CancelledError):
                await answering

    def _last(self, answer: Item, sent: int) -> Item:
        """The answer as the last item of a list that RunPod passes on as a whole.

        What it holds a second time gives way before the job is lost.
        """
        if answer.pop("refresh_worker", False):
            # What is asked of a function by its result is asked of a generator by the settings.
            self._settings["refresh_worker"] = True
        for item in (answer, self._without_parts(answer)):
            if not sent or sent + encoded_size(item) <= self._max_bytes:
                return item
        return response(_too_large(self._max_bytes))

    def _without_parts(self, answer: Item) -> Item:
        if "results" in answer:
            return {**answer, "results": [self._without_parts(one) for one in answer["results"]]}
        return {name: value for name, value in answer.items() if name != self._streamed}


def _too_large(max_bytes: int) -> SpeechError:
    return ResultTooLarge(
        f"the parts and the result together exceed the {max_bytes} bytes RunPod passes on; "
        "the parts that were streamed are whole, or send the job without stream"
    )
