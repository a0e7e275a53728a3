"""What the voice activity detection endpoint takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from speech_endpoints.vendored.shared.contract import AudioRequest, AudioResult, Response, Segment

Milliseconds = Annotated[int, Field(ge=0, le=60_000)]


class VADRequest(AudioRequest):
    """A job's input."""

    mode: Literal["funasr"] = Field(
        "funasr", description="How segments are found: FunASR's end-point rules."
    )
    max_end_silence_ms: Annotated[int, Field(ge=150, le=60_000)] | None = Field(
        None, description="Silence that ends a segment; the model's own (800) if not given."
    )
    speech_threshold: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        None,
        description="A frame is speech when P(speech) - P(silence) reaches this; "
        "the model's own (0.6) if not given.",
    )
    max_segment_s: Annotated[float, Field(ge=1, le=3600)] | None = Field(
        None,
        description="Longer segments are cut, before any are joined or padded; "
        "the model's own (60) if not given.",
    )
    min_silence_ms: Milliseconds = Field(
        0, description="Segments closer together than this are joined."
    )
    min_speech_ms: Milliseconds = Field(0, description="Shorter segments are dropped.")
    pad_ms: Milliseconds = Field(
        0, description="Added to both ends of each segment, up to the middle of a gap."
    )
    format: Literal["json", "rttm", "audacity", "csv"] = Field(
        "json", description="Other than json: the segments as that text too, in `formatted`."
    )
    return_scores: bool = Field(False, description="Also give the probability of speech per frame.")


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
