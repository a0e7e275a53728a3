"""What the speech recognition endpoint takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from speech_endpoints.vendored.shared.contract import AudioRequest, AudioResult, ModelInfo, Request, Response, Seconds

Language = Literal["auto", "zh", "yue", "en", "ja", "ko"]
Emotion = Literal["happy", "sad", "angry", "neutral", "fearful", "disgusted", "surprised"]
Event = Literal["speech", "bgm", "applause", "laughter", "cry", "sneeze", "breath", "cough"]

LONGEST_S = 30.0  # of what a model hears at once


class RecognitionOptions(Request):
    """How speech is recognised."""

    language: Language = Field(
        "auto", description="What is spoken, if it is known: Mandarin zh, Cantonese yue, ..."
    )
    use_itn: bool = Field(
        True, description="Write punctuation, and numbers as digits (inverse text normalisation)."
    )
    timestamps: Literal["segment", "word"] = Field(
        "segment", description="word: each segment also holds its words, or characters, with times."
    )
    max_end_silence_ms: Annotated[int, Field(ge=150, le=60_000)] | None = Field(
        None, description="Silence that ends a stretch of speech; the VAD's own (800) if not given."
    )
    speech_threshold: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        None,
        description="A frame is speech when P(speech) - P(silence) reaches this; "
        "the VAD's own (0.6) if not given.",
    )
    max_segment_s: Annotated[float, Field(ge=2, le=LONGEST_S)] = Field(
        LONGEST_S,
        description="Longer stretches of speech are cut where they are quietest; "
        "the model hears each part by itself.",
    )


class ASRRequest(RecognitionOptions, AudioRequest):
    """A job's input."""

    vad: bool = Field(
        True, description="Find the speech first; false: all of the recording is taken for speech."
    )
    format: Literal["json", "text", "srt", "vtt", "verbose_json"] = Field(
        "json",
        description="text, srt, vtt: the result as that text too, in `formatted`; "
        "verbose_json: in OpenAI's shape too, in `verbose_json`.",
    )
    stream: bool = Field(
        False, description="Give each segment as it is done, and the full result as the last item."
    )

    @model_validator(mode="after")
    def _vad_options(self) -> Self:
        given = self.max_end_silence_ms is not None or self.speech_threshold is not None
        if not self.vad and given:
            raise ValueError("max_end_silence_ms and speech_threshold are options of the VAD")
        return self

    def streams(self) -> bool:
        """Whether segments are wanted as they are done."""
        return self.stream


class Word(Response):
    """A word, or a character of a script that writes no spaces; without its punctuation."""

    text: str
    start: Seconds
    end: Seconds


class ASRSegment(Response):
    """A sentence, or what was said between two pauses."""

    start: Seconds
    end: Seconds
    text: str
    language: str | None = Field(description="Null where the model does not tell.")
    emotion: Emotion | None = Field(description="Null where the model does not tell.")
    events: list[Event] = Field(description="What is heard besides, or speech; empty if unknown.")
    confidence: float = Field(
        ge=0, le=1, description="Geometric mean of the probabilities the model gave the tokens."
    )
    words: list[Word] | None = Field(None, description='Only with timestamps: "word".')
    item: int | None = Field(
        None, description="In a stream of several recordings: which of them, from 0."
    )


class OpenAISegment(Response):
    """A segment as OpenAI's ``verbose_json`` has it."""

    id: int
    seek: int = Field(description="The segment's start in hundredths of a second.")
    start: Seconds
    end: Seconds
    text: str
    tokens: list[int] = Field(description="Empty: they would be those of another vocabulary.")
    temperature: float = Field(description="0: the likeliest token is always taken.")
    avg_logprob: float
    compression_ratio: float = Field(description="Bytes of the text to bytes of it in zlib.")
    no_speech_prob: float = Field(description="0: the models do not tell.")


class OpenAIWord(Response):
    """A word as OpenAI's ``verbose_json`` has it."""

    word: str
    start: Seconds
    end: Seconds


class VerboseJson(Response):
    """OpenAI's ``verbose_json`` of its audio transcriptions.

    Source: OpenAI API reference, "The transcription object (Verbose JSON)".
    """

    task: Literal["transcribe"]
    language: str
    duration: float
    text: str
    segments: list[OpenAISegment]
    words: list[OpenAIWord] | None = Field(None, description='Only with timestamps: "word".')


class ASRResult(AudioResult):
    """The result for one recording."""

    text: str
    segments: list[ASRSegment] = Field(
        default=[],
        description="Left out of the last item of a stream that they came in, "
        "if there is no room for them a second time.",
    )
    language: str | None = Field(description="The one most was said in; null if unknown.")
    speech_s: float = Field(description="Total length of the segments.")
    formatted: str | None = Field(None, description="With format text, srt or vtt.")
    verbose_json: VerboseJson | None = Field(None, description="With format verbose_json.")
    vad_model: ModelInfo | None = Field(description="What found the speech; null without a VAD.")
    punctuation_model: ModelInfo | None = Field(
        None, description="What set the punctuation, if it is a model of its own."
    )
