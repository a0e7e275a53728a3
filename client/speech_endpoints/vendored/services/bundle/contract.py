"""What the bundle takes and gives: a job of one of the services, told apart by ``task``.

A job is the service's own with ``task`` added, and so is its result, with nothing added. What is
here is ``transcribe``, which is no other service's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from speech_endpoints.vendored.services.asr.contract import ASRRequest, ASRSegment, RecognitionOptions
from speech_endpoints.vendored.services.diarization.contract import (
    DiarizationRequest,
    SpeakerInfo,
    SpeakerOptions,
    SpeakerTurn,
)
from speech_endpoints.vendored.services.vad.contract import VADRequest
from speech_endpoints.vendored.shared.contract import AudioRequest, AudioResult, ModelInfo

Task = Literal["vad", "diarization", "asr", "transcribe"]


class VADTask(VADRequest):
    """Where is speech?"""

    task: Literal["vad"]


class DiarizationTask(DiarizationRequest):
    """Who spoke when?"""

    task: Literal["diarization"]


class ASRTask(ASRRequest):
    """What was said?"""

    task: Literal["asr"]


class TranscribeTask(RecognitionOptions, SpeakerOptions, AudioRequest):
    """Who said what, and when?"""

    task: Literal["transcribe"]
    max_end_silence_ms: Annotated[int, Field(ge=150, le=60_000)] | None = Field(
        None,
        description="Silence that ends a stretch of speech; if not given, 300 to tell speakers "
        "apart and the VAD's own (800) to recognise.",
    )
    format: Literal["json", "text", "srt", "vtt"] = Field(
        "json",
        description="Other than json: the result as that text too, with the speakers' names, "
        "in `formatted`.",
    )


BundleRequest = VADTask | DiarizationTask | ASRTask | TranscribeTask


class TranscribeSegment(ASRSegment):
    """A sentence, or what was said between two pauses, or the part of it that one speaker said."""

    speaker: str | None = Field(description="As in `speakers`; null where nobody is near.")


class TranscribeResult(AudioResult):
    """Who said what in one recording."""

    text: str
    segments: list[TranscribeSegment]
    speakers: list[SpeakerInfo] = Field(description="In order of first appearance.")
    num_speakers: int
    turns: list[SpeakerTurn] = Field(description="As diarization gives them.")
    language: str | None = Field(description="The one most was said in; null if unknown.")
    speech_s: float = Field(description="Total length of the turns.")
    formatted: str | None = Field(None, description="With format text, srt or vtt.")
    speaker_model: ModelInfo = Field(description="What told the speakers apart.")
    vad_model: ModelInfo = Field(description="What found the speech.")
    punctuation_model: ModelInfo | None = Field(
        None, description="What set the punctuation, if it is a model of its own."
    )
