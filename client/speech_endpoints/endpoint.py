"""A service as its callers see it, asynchronous; ``services`` has each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, Generic, Self, TypedDict, TypeVar, Unpack, cast

import anyio
import anyio.lowlevel
from anyio import to_thread
from pydantic import ValidationError

from speech_endpoints import jobs
from speech_endpoints.asking import checked, room
from speech_endpoints.audio import WHOLE, Audio, Fit, Packing, Part, parts_of
from speech_endpoints.failures import ResultLost, SpeechError, WaitedTooLong
from speech_endpoints.jobs import Ledger, Request
from speech_endpoints.keys import address
from speech_endpoints.merge import Heard
from speech_endpoints.vendored.shared.contract import AudioRequest, AudioResult
from speech_endpoints.vendored.shared.errors import InvalidInput
from speech_endpoints.wire import Json, Wire

ResultT = TypeVar("ResultT", bound=AudioResult)

NO_LEDGER = Ledger()
TTL_MS = range(10_000, 7 * 86_400_000 + 1)  # RunPod's bounds on it


class Settings(TypedDict, total=False):
    """How an endpoint is called.

    api_key: instead of RUNPOD_API_KEY or what ``~/.runpod/config.toml`` holds.
    timeout_s: until a result; then the job is cancelled. No limit if not given.
    packing: what larger audio is packed as, ``flac`` or ``opus``.
    parallel: how many parts of a long recording are on their way at a time.
    patience_s: for how long an endpoint that cannot be reached is tried again.
    bundle: the endpoint is a bundle, which has all services: each job says which one it is for.
    """

    api_key: str | None
    timeout_s: float | None
    packing: Packing
    parallel: int
    patience_s: float
    bundle: bool


class AsyncEndpoint(Generic[ResultT]):
    """A service behind an endpoint.

    Args:
        endpoint: its id on RunPod, or a URL such as ``http://localhost:8000/v2/vad``.
        settings: see ``Settings``.

    Raises:
        InvalidInput: the endpoint is neither.
        NoKey: it is on RunPod and there is no key.
    """

    service: ClassVar[str]
    request: ClassVar[type[AudioRequest]]
    result: ClassVar[type[AudioResult]]
    splits: ClassVar[bool] = True
    context_s: ClassVar[float] = 0.0  # of its neighbours that a part hears too

    def __init__(self, endpoint: str, **settings: Unpack[Settings]) -> None:
        if unknown := settings.keys() - Settings.__annotations__.keys():
            raise TypeError(f"there is no setting {', '.join(sorted(unknown))}")
        self._address = address(endpoint, settings.get("api_key"))
        self._timeout_s = settings.get("timeout_s")
        self._packing: Packing = settings.get("packing", "flac")
        self._parallel = settings.get("parallel", 4)
        self._patience_s = settings.get("patience_s", 30.0)
        self._bundle = settings.get("bundle", False)
        self._opened: Wire | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the endpoint can be used again."""
        wire, self._opened = self._opened, None
        if wire is not None:
            await wire.close()

    async def run(self, audio: Audio, **options: object) -> ResultT:
        """The result for one recording.

        Args:
            audio: a path, a URL, the bytes of a file, an open file, or samples and their rate; see
                ``parts_of``.
            options: of the service, as its contract names them.

        Raises:
            SpeechError: by its ``code``; see ``failures``. A job is cancelled with the task that
                waits for it.
        """
        return self.read(await self.answer(audio, options))

    async def result_of(self, job_id: str) -> ResultT:
        """The result of a job that was sent before: by this or by another program.

        Raises:
            SpeechError: as for ``run``.
        """
        with self._in_time():
            job = {"id": job_id, "status": "IN_PROGRESS"}
            ended = await jobs.follow(self.wire, job, NO_LEDGER)
        return self.read(jobs.whole(ended["output"]))

    async def health(self) -> Json:
        """How many jobs and workers there are, in which states.

        Raises:
            CallError: the endpoint does not say.
        """
        return await self.wire.ask("health")

    async def answer(
        self,
        audio: Audio,
        options: Mapping[str, object],
        ledger: Ledger = NO_LEDGER,
        first: int = 0,
    ) -> Json:
        """The result for one recording as JSON; see ``run``.

        Args:
            ledger: is told of each job before and after it is sent, and knows those of an earlier
                run.
            first: the number of the first job, where another endpoint has some of the recording's.
        """
        asked = self.check(options)
        with self._in_time():
            heard = await self._all_parts(self._parts(audio, asked), asked, ledger, first)
        return self._together(heard, asked)

    @classmethod
    def read(cls, result: Json) -> ResultT:
        """A result as the contract has it.

        Raises:
            ResultLost: it is another: of another service, or of another version of this one.
        """
        try:
            return cast("ResultT", cls.result.model_validate(result))
        except ValidationError as error:
            place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
            raise ResultLost(
                f"what came back is no result of {cls.service} as this client knows it ({place}); "
                "`speech doctor` compares their versions"
            ) from None

    def check(self, options: Mapping[str, object]) -> Json:
        """The options as they are sent.

        Raises:
            InvalidInput: the service has no such option, or it takes other values.
        """
        task = {"task": self.service} if self._bundle else {}
        return {**task, **checked(self.request, options)}

    def merged(self, heard: Sequence[Heard], asked: Json) -> Json:
        """The result of a recording that was sent in parts."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it is."""
        return self._address.url

    @property
    def wire(self) -> Wire:
        """The connections to the endpoint."""
        if self._opened is None:
            self._opened = Wire(self._address, self._patience_s)
        return self._opened

    def _parts(self, audio: Audio, asked: Json) -> Iterator[Part]:
        limit = jobs.RUN_BYTES if self.splits else jobs.RUNSYNC_BYTES
        fit = Fit(
            room(limit, asked), self._packing, self.splits, self.context_s,
            asked.get("channel", "mix"),
        )  # fmt: skip
        return parts_of(audio, fit)

    def _together(self, heard: Sequence[Heard], asked: Json) -> Json:
        if len(heard) == 1:
            return heard[0].result
        return self.merged(heard, asked)

    async def _all_parts(
        self, parts: Iterator[Part], asked: Json, ledger: Ledger, first: int
    ) -> list[Heard]:
        found: dict[int, Heard] = {}
        errors: list[SpeechError] = []
        free = anyio.Semaphore(self._parallel)
        async with anyio.create_task_group() as group:

            async def one(number: int, part: Part) -> None:
                try:
                    short = part.short and not ledger.wants_id
                    request = self._request(part, asked, short=short)
                    job = await jobs.answer(self.wire, request, ledger, number)
                    found[number] = Heard(part.offset_s, jobs.whole(job["output"]), part.own_s)
                except SpeechError as error:
                    errors.append(error)
                    group.cancel_scope.cancel()  # the others are for nothing without this one
                finally:
                    free.release()

            try:
                number = first
                while (part := await to_thread.run_sync(next, parts, None)) is not None:
                    self._may_be_sent(part, asked)
                    await free.acquire()
                    group.start_soon(one, number, part)
                    number += 1
            except SpeechError as error:
                errors.append(error)
                group.cancel_scope.cancel()
        # A group that is cancelled from outside may end without a word.
        await anyio.lowlevel.checkpoint_if_cancelled()
        if errors:
            raise errors[0]
        return [found[number] for number in sorted(found)]

    def _request(self, part: Part, asked: Json, *, short: bool = False) -> Request:
        options = {name: v for name, v in asked.items() if not (part.packed and name == "channel")}
        policy = None
        if self._timeout_s and round(self._timeout_s * 1000) in TTL_MS:
            # A caller who is killed cannot cancel: the job does not outlive its caller's patience.
            policy = {"ttl": round(self._timeout_s * 1000)}
        return Request({**options, **part.input}, short, policy)

    def _may_be_sent(self, part: Part, asked: Json) -> None:
        """Refuse an option whose results cannot be put together, before the first part is sent."""
        if asked.get("return_scores") and part.own_s != WHOLE:
            raise InvalidInput(
                "return_scores is not there for audio that is sent in parts; give an https:// URL"
            )

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            with anyio.fail_after(self._timeout_s):
                yield
        except TimeoutError:
            raise WaitedTooLong(f"there was no result in {self._timeout_s:g} s") from None
