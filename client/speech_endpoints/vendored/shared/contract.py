"""What the requests and the results of all services have in common.

Requests are validated strictly: no conversion between types, no unknown fields, no NaN. Times are
in seconds, rounded to milliseconds, unless a field's name says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)

SOURCES = ("audio_url", "audio_base64", "audio")

Seconds = Annotated[float, Field(ge=0)]


def _channel(value: object) -> object:
    # One validator in place of a union, whose faults would be told once per member.
    if value in ("mix", "left", "right") or (type(value) is int and 0 <= value <= 63):
        return value
    raise ValueError("give mix, left, right, or a channel's number from 0 to 63")


def _reference(value: object) -> object:
    return {"audio": value} if isinstance(value, str) else value


Channel = Annotated[
    Literal["mix", "left", "right"] | int,
    PlainValidator(
        _channel,
        json_schema_input_type=Literal["mix", "left", "right"] | Annotated[int, Field(ge=0, le=63)],
    ),
]


class Request(BaseModel):
    """Base of everything a caller sends."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class AudioReference(Request):
    """One recording, named in exactly one of three ways."""

    audio_url: str | None = Field(None, description="An https URL the audio is fetched from.")
    audio_base64: str | None = Field(
        None, description="The bytes of an audio file in base64, or a data: URI."
    )
    audio: str | None = Field(
        None, description="A URL if it starts with a scheme (https://), otherwise base64."
    )

    def source(self) -> tuple[str, str]:
        """The name and the value of the field that is set."""
        return next((name, value) for name in SOURCES if (value := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self._sources_set() != 1:
            raise ValueError(f"give exactly one of {', '.join(SOURCES)}")
        return self

    def _sources_set(self) -> int:
        return sum(getattr(self, name) is not None for name in SOURCES)


AnyReference = Annotated[
    AudioReference, BeforeValidator(_reference, json_schema_input_type=str | AudioReference)
]


class AudioRequest(AudioReference):
    """What every service accepts: one recording, or a list of them in one job."""

    audios: list[AnyReference] | None = Field(
        None,
        min_length=1,
        description="Several recordings in one job, as strings like `audio` or as objects with "
        "one of the three fields. The result holds one result or error per item, in order.",
    )
    channel: Channel = Field(
        "mix", description="Channel to use: the mean of all, left, right, or a number from 0."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self._sources_set() + (self.audios is not None) != 1:
            raise ValueError(f"give exactly one of {', '.join(SOURCES)}, audios")
        return self

    def references(self) -> list[AudioReference]:
        """The recordings of this job, in order."""
        return [self] if self.audios is None else list(self.audios)

    def voices(self) -> list[AudioReference]:
        """Further recordings that every one of them is compared with; most services have none."""
        return []

    def streams(self) -> bool:
        """Whether the caller wants parts of the result as they are done."""
        return False


class Response(BaseModel):
    """Base of everything a caller receives."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Segment(Response):
    """A stretch of speech, in seconds from the beginning of the recording."""

    start: Seconds
    end: Seconds


class Timings(Response):
    """Where a job's time went, in seconds."""

    fetch_s: Seconds = Field(description="Reading the audio from its URL or from base64.")
    decode_s: Seconds = Field(description="Decoding and resampling to 16 kHz.")
    infer_s: Seconds = Field(description="Features, network and what comes after it.")
    rtf: Seconds | None = Field(
        description="Real-time factor: (decode_s + infer_s) / duration; null for empty audio."
    )


class ModelInfo(Response):
    """The weights a result was computed with."""

    id: str
    revision: str | None = Field(description="Null when no lock says which revision it is.")
    verified: bool = Field(description="Whether the files were checked against a lock.")


class ServiceInfo(Response):
    """The service that computed a result."""

    name: str
    version: str


class AudioResult(Response):
    """What every service says about one recording."""

    duration_s: Seconds = Field(description="Length of the decoded audio.")
    timings: Timings
    model: ModelInfo
    service: ServiceInfo
