"""What a caller asks for: the fields of OpenAI's form, as far as the models can do it."""

from __future__ import annotations

from http import HTTPStatus
from typing import BinaryIO, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.datastructures import FormData, UploadFile

from speech_endpoints.gateway.problems import Problem
from speech_endpoints.vendored.services.asr.contract import Language
from speech_endpoints.wire import Json

_CODES = {"language": "unsupported_language"}


class Fields(BaseModel):
    """The fields besides the file; those of OpenAI's that are not here are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field("", description="Any: the endpoint has one.")
    language: Language = "auto"
    response_format: Literal["json", "text", "srt", "vtt", "verbose_json"] = "json"
    timestamp_granularities: list[Literal["word", "segment"]] = ["segment"]
    stream: bool = False
    prompt: str = Field("", description="Has no effect: the models take none.")
    temperature: float = Field(
        0, ge=0, le=1, description="Has no effect: the likeliest token is always taken."
    )
    chunking_strategy: Literal["auto"] = "auto"

    @field_validator("language", mode="before")
    @classmethod
    def _in_small_letters(cls, value: str) -> str:
        return value.lower() or "auto"

    @property
    def words(self) -> bool:
        """Whether words are to have times."""
        return "word" in self.timestamp_granularities

    def options(self) -> Json:
        """The same as options of the service."""
        timestamps = "word" if self.words else "segment"
        return {
            "language": self.language, "format": self.response_format, "timestamps": timestamps,
        }  # fmt: skip


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
        raise _wrong("file", "the form has no file: send the audio as multipart/form-data")
    try:
        fields = Fields.model_validate(
            {name: all_ if name == "timestamp_granularities" else all_[-1]
             for name, all_ in values.items()}
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise _wrong(name, "there is no such field, or it has no effect here") from None
        raise _wrong(name, first["msg"]) from None
    if fields.words and fields.response_format != "verbose_json":
        raise _wrong("timestamp_granularities", "words are in response_format verbose_json only")
    if fields.stream and fields.response_format not in {"json", "text"}:
        raise _wrong("response_format", "a stream holds text: ask for json or text")
    return Asked(fields, file.file)


def _wrong(name: str, why: str) -> Problem:
    code = _CODES.get(name, "invalid_value")
    return Problem(HTTPStatus.BAD_REQUEST, f"{name}: {why}", code, name)
