"""What the voice activity detection endpoint takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contract import AudioRequest, AudioResult, Response, Segment

Milliseconds = Annotated[int, Field(ge=0, le=60_000)]


class VADRequest(AudioRequest):
    """A job's input."""

    mode: Literal["funasr", "precise"] = Field(
        "funasr",
        description="How segments are found: by FunASR's end-point rules, or frame by frame as the "
        "network hears speech, with boundaries closer to it.",
    )
    max_end_silence_ms: Annotated[int, Field(ge=150, le=60_000)] | None = Field(
        None,
        description="Silence that ends a segment; the model's own (800) if not given. "
        "Mode funasr only.",
    )
    speech_threshold: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        None,
        description="A frame is speech when P(speech) - P(silence) reaches this; if not given, "
        "the model's own (0.6) in mode funasr and 0 in mode precise.",
    )
    max_segment_s: Annotated[float, Field(ge=1, le=3600)] | None = Field(
        None,
        description="Longer segments are cut, before any are joined or padded; "
        "the model's own (60) if not given. Mode funasr only.",
    )
    min_silence_ms: Milliseconds | None = Field(
        None,
        description="Segments closer together than this are joined; if not given, 0 in mode "
        "funasr and 100 in mode precise.",
    )
    min_speech_ms: Milliseconds | None = Field(
        None,
        description="Shorter segments are dropped; if not given, 0 in mode funasr and 80 in mode "
        "precise.",
    )
    pad_ms: Milliseconds = Field(
        0, description="Added to both ends of each segment, up to the middle of a gap."
    )
    format: Literal["json", "rttm", "audacity", "csv"] = Field(
        "json", description="Other than json: the segments as that text too, in `formatted`."
    )
    return_scores: bool = Field(False, description="Also give the probability of speech per frame.")

    @model_validator(mode="after")
    def _of_its_mode(self) -> Self:
        if self.mode == "precise":
            for name in ("max_end_silence_ms", "max_segment_s"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} is for mode funasr")
        return self


class Scores(Response):
    """Probability of speech, one value per frame; frame ``i`` begins at ``i * frame_s``."""

    frame_s: float
    speech: list[float]


class VADResult(AudioResult):
    """The result for one recording."""

    segments: list[Segment]
    speech_s: float = Field(description="Total length of the segments.")
    speech_ratio: float = Field(description="speech_s / duration_s; 0 for empty audio.")
    formatted: str | None = Field(None, description="The segments in the format asked for.")
    scores: Scores | None = Field(None, description="Only with return_scores.")
