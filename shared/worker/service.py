"""What a service brings: its contract, its limits and a way to load its engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, get_args

from shared.audio import Recording
from shared.contract import AudioRequest, AudioResult, ModelInfo, Response
from shared.spec import ServiceSpec

RequestT = TypeVar("RequestT", bound=AudioRequest)
RequestT_contra = TypeVar("RequestT_contra", bound=AudioRequest, contravariant=True)

Emit = Callable[[Response], None]


def keep_quiet(_: Response) -> None:
    """What an engine's parts go to when nobody asked for them."""


class Engine(Protocol[RequestT_contra]):
    """The part that computes; it knows no HTTP and no RunPod. Called by several threads at once."""

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """The weights that are loaded, those a result is named after first."""

    def warm_up(self) -> None:
        """Run once on made-up audio, so that the first job finds everything in place."""

    def run(
        self,
        recording: Recording,
        request: RequestT_contra,
        voices: Sequence[Recording] = (),
        emit: Emit = keep_quiet,
        /,
    ) -> Mapping[str, object]:
        """Process one recording; returns the fields of the result that are the service's own.

        ``model`` is one of them where a result is not named after the first of ``models``.

        Args:
            recording: the audio.
            request: what the caller asked for.
            voices: the recordings of ``request.voices()``, from their beginning.
            emit: takes parts of the result as they are done, in order; most services have none.
        """


@dataclass(frozen=True, slots=True)
class Contract(Generic[RequestT]):
    """What one kind of job takes and gives.

    Attributes:
        request: the type of its input.
        result: the type of its output for one recording.
    """

    request: type[RequestT]
    result: type[AudioResult]

    @property
    def task(self) -> str:
        """The value of ``task`` that asks for it, where a service has several."""
        (name,) = get_args(self.request.model_fields["task"].annotation)
        return str(name)


@dataclass(frozen=True, slots=True)
class Service(Generic[RequestT]):
    """One endpoint.

    Attributes:
        spec: the service's ``service.toml``.
        contracts: that of its jobs; if there are several, ``task`` in a job's input chooses.
        load: loads the engine; raises ModelError when the models are not usable.
        streams: the list in a result whose elements may be given as parts before it; None if its
            jobs are answered at once.
    """

    spec: ServiceSpec
    contracts: tuple[Contract[RequestT], ...]
    load: Callable[[ServiceSpec], Engine[RequestT]]
    streams: str | None = None
