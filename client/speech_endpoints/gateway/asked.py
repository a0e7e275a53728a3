"""What a caller asks for: the fields of OpenAI's form, as far as the models can do it."""

from __future__ import annotations

from http import HTTPStatus
from typing import BinaryIO, Literal, NamedTuple, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.datastructures import FormData, UploadFile

from speech_endpoints.gateway.problems import Problem
from speech_endpoints.vendored.services.asr.contract import Language
from speech_endpoints.wire import Json

LONGEST_PROMPT = 65_536
MOST_KNOWN = 4  # speakers, as OpenAI has it
_CODES = {"language": "unsupported_language"}


class Fields(BaseModel):
    """The fields besides the file; those of OpenAI's that are not here are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field("", description="Any: the endpoint has one.")
    language: Language = "auto"
    response_format: Literal["json", "text", "srt", "vtt", "verbose_json", "diarized_json"] = "json"
    timestamp_granularities: list[Literal["word", "segment"]] = ["segment"]
    stream: bool = False
    prompt: str = Field(
        "", max_length=LONGEST_PROMPT, description="Has no effect: the models take none."
    )
    temperature: float = Field(
        0, ge=0, le=1, description="Has no effect: the likeliest token is always taken."
    )
    chunking_strategy: Literal["auto"] = "auto"
    known_speaker_names: list[str] = Field([], max_length=MOST_KNOWN)
    known_speaker_references: list[str] = Field([], max_length=MOST_KNOWN)

    @field_validator("language", mode="before")
    @classmethod
    def _in_small_letters(cls, value: str) -> str:
        return value.lower() or "auto"

    @property
    def speakers(self) -> bool:
        """Whether it is to be said who speaks."""
        return self.response_format == "diarized_json"

    @property
    def words(self) -> bool:
        """Whether words are to have times."""
        return "word" in self.timestamp_granularities

    def options(self) -> Json:
        """The same as options of recognition."""
        timestamps = "word" if self.words else "segment"
        return {
            "language": self.language, "format": self.response_format, "timestamps": timestamps,
        }  # fmt: skip


_LISTS = {name for name, of in Fields.model_fields.items() if get_origin(of.annotation) is list}


class Asked(NamedTuple):
    """A request: its fields, and the file, which is open as long as the form is."""

    fields: Fields
    file: BinaryIO


def read(form: FormData) -> Asked:
    """A form as a request.

    Raises:
        Problem: it is none that can be answered.
    """
    values: dict[str, list[object]] = {}
    for name, value in form.multi_items():
        values.setdefault(name.removesuffix("[]"), []).append(value)
    file = values.pop("file", [None])[-1]
    if not isinstance(file, UploadFile):
        raise wrong("file", "the form has no file: send the audio as multipart/form-data")
    try:
        fields = Fields.model_validate(
            {name: all_ if name in _LISTS else all_[-1] for name, all_ in values.items()}
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise wrong(name, "there is no such field, or it has no effect here") from None
        raise wrong(name, first["msg"]) from None
    if fields.words and fields.response_format != "verbose_json":
        raise wrong("timestamp_granularities", "words are in response_format verbose_json only")
    if fields.stream and fields.response_format not in {"json", "text", "diarized_json"}:
        raise wrong("response_format", "a stream is of json, text or diarized_json")
    for name in ("known_speaker_names", "known_speaker_references"):
        if getattr(fields, name) and not fields.speakers:
            raise wrong(name, "speakers are in response_format diarized_json only")
    return Asked(fields, file.file)


def wrong(name: str, why: str) -> Problem:
    """A field that cannot be answered."""
    code = _CODES.get(name, "invalid_value")
    return Problem(HTTPStatus.BAD_REQUEST, f"{name}: {why}", code, name)
