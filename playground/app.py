"""The program behind the page, as a web application."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from playground.answers import Answers, Telling
from playground.calls import calls
from playground.guard import HOSTS, Guard, policy
from playground.jobs import Tell, answered
from playground.recordings import Recording, Recordings
from playground.tasks import Asked, asked_of
from runpod_emulator.bodies import Json as JsonResponse
from runpod_emulator.bodies import NotJson, TooLong, read_json
from speech_endpoints.asking import known_speakers
from speech_endpoints.failures import SpeechError
from speech_endpoints.vendored.shared.errors import AudioTooLarge, InvalidInput
from speech_endpoints.wire import Json
from tools.workspace import SAMPLE

PAGE = Path(__file__).parent / "page"
_MOST_BYTES = 100_000  # of a question, without its recording
_TYPES = {"json": "application/json", "vtt": "text/vtt", "csv": "text/csv"}


class Playground:
    """The page and what it asks for.

    Args:
        endpoints: of services, by their names, as ``speech_endpoints`` takes them.
        recordings: takes what the page hands over.

    Raises:
        SpeechError: an endpoint is none, or there is no key for it.
    """

    def __init__(self, endpoints: Mapping[str, str], recordings: Recordings) -> None:
        self._asked = asked_of(endpoints)
        self._recordings = recordings
        self._answers = Answers()

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/", self.page),
            Route("/tasks", self.tasks),
            Route("/tasks/{task}/health", self.health),
            Route("/recordings", self.take, methods=["POST"]),
            Route("/recordings/{recording}", self.recording),
            Route("/recordings/{recording}/peaks", self.peaks),
            Route("/recordings/{recording}/stretches", self.cut, methods=["POST"]),
            Route("/calls", self.calls, methods=["POST"]),
            Route("/jobs", self.job, methods=["POST"]),
            Route("/answers/{answer}/{form}", self.file),
            Mount("/page", StaticFiles(directory=PAGE)),
            Mount("/samples", StaticFiles(directory=SAMPLE.parent)),
        ]
        guards = [Middleware(TrustedHostMiddleware, HOSTS, www_redirect=False), Middleware(Guard)]
        refusals = {SpeechError: _refused, TooLong: _malformed, NotJson: _malformed}
        return Starlette(
            routes=routes, middleware=guards, exception_handlers=refusals, lifespan=self._open
        )

    async def page(self, _: Request) -> Response:
        """The page itself; its styles and those of the waveform bear the same number."""
        nonce = secrets.token_urlsafe(16)
        text = (PAGE / "index.html").read_text(encoding="utf-8").replace("{nonce}", nonce)
        return Response(
            text, headers={"Content-Security-Policy": policy(nonce)}, media_type="text/html"
        )

    async def tasks(self, _: Request) -> Response:
        """What can be asked here, with which options."""
        return JsonResponse(
            [
                {
                    "name": name,
                    "title": asked.task.title,
                    "question": asked.task.question,
                    "service": asked.service,
                    "schema": asked.task.schema(),
                }
                for name, asked in self._asked.items()
            ]
        )

    async def health(self, request: Request) -> Response:
        """How the endpoint behind a task is."""
        asked = self._task(request.path_params["task"])
        return JsonResponse(await asked.endpoint.health())

    async def take(self, request: Request) -> Response:
        """Take a recording over: the body is the file, a header its name."""
        name = unquote(request.headers.get("x-name", ""))
        return _about(await self._recordings.add(name, request.stream()))

    async def cut(self, request: Request) -> Response:
        """Take over a stretch of a recording."""
        asked = await _question(request)
        name, start, end = (asked.get(field) for field in ("name", "start", "end"))
        number = request.path_params["recording"]
        match name, start, end:
            case str(), float() | int(), float() | int():
                return _about(await self._recordings.cut(number, name, start, end))
        raise InvalidInput("a stretch has a name, a start and an end")

    async def recording(self, request: Request) -> Response:
        """A recording's file."""
        found = self._recordings.get(request.path_params["recording"])
        return FileResponse(found.path, media_type="application/octet-stream", filename=found.name)

    async def peaks(self, request: Request) -> Response:
        """A recording's waveform: a byte for each column."""
        found = self._recordings.get(request.path_params["recording"])
        return Response(found.peaks.columns, media_type="application/octet-stream")

    async def calls(self, request: Request) -> Response:
        """A job as others send it."""
        question = await _question(request)
        recording = self._recordings.get(question.get("recording"))
        asked, voices = self._task(question.get("task")), self._voices(question)
        files = {name: voice.name for name, voice in voices.items()}
        return JsonResponse(calls(asked, recording.name, _options(question), files))

    async def job(self, request: Request) -> Response:
        """Send a job, and answer in lines of JSON until it is over; hanging up cancels it."""
        question = await _question(request)
        recording = self._recordings.get(question.get("recording"))
        asked, options = self._task(question.get("task")), _options(question)
        voices = {name: voice.path for name, voice in self._voices(question).items()}

        async def work(tell: Tell) -> None:
            try:
                if voices:
                    options["known_speakers"] = await to_thread.run_sync(known_speakers, voices)
                result, about = await answered(asked, recording.path, options, tell)
            except SpeechError as error:
                await tell({"event": "error", **_told(error)})
            else:
                files = self._answers.keep(asked.task, recording, result)
                await tell({"event": "result", "result": result, "files": files, **about})

        return Telling(work)

    async def file(self, request: Request) -> Response:
        """An answer as a file."""
        form = request.path_params["form"]
        found = self._answers.file(request.path_params["answer"], form)
        if found is None:
            return Response(status_code=404)
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}"}
        return Response(found.text, headers=named, media_type=_TYPES.get(form, "text/plain"))

    def _voices(self, question: Json) -> dict[str, Recording]:
        voices = question.get("voices", {})
        if not isinstance(voices, dict):
            raise InvalidInput("voices are recordings by name")
        return {name: self._recordings.get(voice) for name, voice in voices.items()}

    def _task(self, name: object) -> Asked:
        if isinstance(name, str) and (found := self._asked.get(name)):
            return found
        raise InvalidInput("there is no such task here")

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for asked in self._asked.values():
                await stack.enter_async_context(asked.endpoint)
            yield


def _about(recording: Recording) -> Response:
    about = {"id": recording.id, "name": recording.name, "size": recording.size}
    return JsonResponse({**about, "duration_s": recording.peaks.duration_s})


async def _question(request: Request) -> Json:
    question = await read_json(request, _MOST_BYTES)
    if not isinstance(question, dict):
        raise NotJson
    return question


def _options(question: Json) -> Json:
    options = question.get("options", {})
    if not isinstance(options, dict):
        raise InvalidInput("options are an object")
    return options


def _told(error: SpeechError) -> Json:
    return {"code": error.code, "message": error.message, "retryable": error.retryable}


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, SpeechError)  # noqa: S101 - Starlette was told so
    return JsonResponse(_told(error), 413 if isinstance(error, AudioTooLarge) else 400)


async def _malformed(request: Request, _: Exception) -> Response:
    return await _refused(request, InvalidInput("the request is too long, or no JSON object"))
