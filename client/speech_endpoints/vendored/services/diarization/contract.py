"""What the speaker diarization endpoint takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from speech_endpoints.vendored.shared.contract import (
    SOURCES,
    AudioReference,
    AudioRequest,
    AudioResult,
    ModelInfo,
    Request,
    Response,
    Seconds,
)

MOST_SPEAKERS = 50
MOST_KNOWN = 20

Count = Annotated[int, Field(ge=1, le=MOST_SPEAKERS)]
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]
_CODES = r"\x00-\x1f\x7f-\x9f\u2028\u2029"  # of control, and what ends a line
_ENDS, _INSIDE = rf"[^\s{_CODES}]", rf"[^{_CODES}]"
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=rf"^{_ENDS}({_INSIDE}*{_ENDS})?$"),
]


class KnownSpeaker(Request):
    """A voice the caller knows: its name, and a recording of it or its embedding."""

    name: Name
    audio_url: str | None = Field(None, description="As for the recording itself.")
    audio_base64: str | None = Field(None, description="As for the recording itself.")
    audio: str | None = Field(None, description="As for the recording itself.")
    embedding: list[Coordinate] | None = Field(
        None, min_length=1, max_length=1024,
        description="What an earlier job gave with return_embeddings.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = sum(getattr(self, name) is not None for name in (*SOURCES, "embedding"))
        if given != 1:
            raise ValueError(f"give exactly one of {', '.join(SOURCES)}, embedding")
        if self.embedding is not None and not any(self.embedding):
            raise ValueError("the embedding holds nothing but zeros")
        if self.name.startswith("SPEAKER_"):
            raise ValueError("names that begin with SPEAKER_ are those of unknown speakers")
        return self

    def reference(self) -> AudioReference | None:
        """Its recording, if it has one."""
        sources = {name: getattr(self, name) for name in SOURCES}
        return None if self.embedding is not None else AudioReference(**sources)


class SpeakerOptions(Request):
    """How speakers are told apart."""

    num_speakers: Count | None = Field(
        None, description="How many speakers there are; found out if not given."
    )
    min_speakers: Count | None = Field(None, description="At least so many; 1 if not given.")
    max_speakers: Count | None = Field(None, description="At most so many; 15 if not given.")
    max_end_silence_ms: Annotated[int, Field(ge=150, le=60_000)] | None = Field(
        None, description="Silence that ends a stretch of speech; 300 if not given."
    )
    speech_threshold: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        None,
        description="A frame is speech when P(speech) - P(silence) reaches this; "
        "the model's own (0.6) if not given.",
    )
    known_speakers: list[KnownSpeaker] = Field(
        default=[], max_length=MOST_KNOWN,
        description="Voices to recognise: a speaker who sounds like one gets its name.",
    )  # fmt: skip
    known_threshold: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        None,
        description="The cosine similarity from which a speaker is a known one; "
        "the model's own threshold (about 0.3) if not given.",
    )
    return_embeddings: bool = Field(False, description="Also give one embedding per speaker.")

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.num_speakers is not None and (self.min_speakers or self.max_speakers):
            raise ValueError("give num_speakers, or min_speakers and max_speakers")
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise ValueError("min_speakers exceeds max_speakers")
        names = [known.name for known in self.known_speakers]
        if len(set(names)) < len(names):
            raise ValueError("known_speakers: each name once")
        return self

    def voices(self) -> list[AudioReference]:
        """The recordings of known speakers, in order."""
        found = (known.reference() for known in self.known_speakers)
        return [reference for reference in found if reference is not None]


class DiarizationRequest(SpeakerOptions, AudioRequest):
    """A job's input."""

    return_modelscope_text: bool = Field(
        False, description="Also give the turns as ModelScope's pipeline does, in `text`."
    )
    format: Literal["json", "rttm", "audacity", "csv"] = Field(
        "json", description="Other than json: the turns as that text too, in `formatted`."
    )


class SpeakerTurn(Response):
    """A stretch of one speaker's speech, in seconds from the beginning of the recording."""

    start: Seconds
    end: Seconds
    speaker: str


class SpeakerInfo(Response):
    """One speaker."""

    label: str = Field(description="SPEAKER_00 and so on by first appearance, or a known name.")
    speech_s: float = Field(description="Total length of the turns.")
    turns: int
    similarity: float | None = Field(None, description="To the known voice; with a known name.")
    embedding: list[float] | None = Field(None, description="Of length 1; with return_embeddings.")


class DiarizationResult(AudioResult):
    """The result for one recording. Turns are in order and do not overlap."""

    turns: list[SpeakerTurn]
    speakers: list[SpeakerInfo] = Field(description="In order of first appearance.")
    num_speakers: int
    speech_s: float = Field(description="Total length of the turns.")
    formatted: str | None = Field(None, description="The turns in the format asked for.")
    text: list[tuple[float, float, int]] | None = Field(
        None, description="[start, end, speaker's number]; with return_modelscope_text."
    )
    vad_model: ModelInfo = Field(description="The weights that found the speech.")
