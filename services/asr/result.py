"""Writes what was recognised in the words of the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.asr.contract import ASRRequest, ASRSegment, RecognitionOptions, Word
from services.asr.openai import verbose_json
from services.asr.sentences import Sentence
from shared.subtitles import render
from shared.writing import join_texts


def fields(
    sentences: Sequence[Sentence],
    segments: Sequence[ASRSegment],
    request: ASRRequest,
    duration_s: float,
) -> dict[str, object]:
    """The fields of a result.

    Args:
        sentences: in order.
        segments: the same as they were given out.
        request: says which of the optional fields there are to be.
        duration_s: length of the recording in seconds.
    """
    text = join_texts(sentence.text for sentence in sentences)
    language = most_spoken(sentences)
    found: dict[str, object] = {
        "text": text,
        "segments": list(segments),
        "language": language,
        "speech_s": round(sum(_length_ms(sentence) for sentence in sentences) / 1000, 3),
    }
    if request.format == "text":
        found["formatted"] = f"{text}\n" if text else ""
    elif request.format in ("srt", "vtt"):
        spoken = [sentence.words for sentence in sentences]
        found["formatted"] = render(spoken, request.format, round(duration_s * 1000))
    elif request.format == "verbose_json":
        words = request.timestamps == "word"
        found["verbose_json"] = verbose_json(sentences, text, language, duration_s, words=words)
    return found


def segment_fields(sentence: Sentence, request: RecognitionOptions) -> dict[str, Any]:
    """The fields of a sentence as the caller gets it."""
    found = {
        "start": sentence.start_ms / 1000,
        "end": sentence.end_ms / 1000,
        "text": sentence.text,
        "language": sentence.language,
        "emotion": sentence.emotion,
        "events": list(sentence.events),
        "confidence": round(sentence.confidence, 4),
    }
    if request.timestamps == "word":
        found["words"] = [
            Word(text=word.text, start=word.start_ms / 1000, end=word.end_ms / 1000)
            for word in sentence.words
        ]
    return found


def most_spoken(sentences: Sequence[Sentence]) -> str | None:
    """The language that was spoken the longest."""
    spoken: Counter[str] = Counter()
    for sentence in sentences:
        if sentence.language is not None:
            spoken[sentence.language] += _length_ms(sentence)
    return spoken.most_common(1)[0][0] if spoken else None


def _length_ms(sentence: Sentence) -> int:
    return sentence.end_ms - sentence.start_ms
