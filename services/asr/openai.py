"""A result in the shape of OpenAI's audio transcriptions, ``verbose_json``."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from services.asr.contract import OpenAISegment, OpenAIWord, VerboseJson
from services.asr.sentences import Sentence

_NAMES = {
    "zh": "chinese",
    "yue": "cantonese",
    "en": "english",
    "ja": "japanese",
    "ko": "korean",
    None: "unknown",
}


def verbose_json(
    sentences: Sequence[Sentence],
    text: str,
    language: str | None,
    duration_s: float,
    *,
    words: bool,
) -> VerboseJson:
    """The transcription object.

    Args:
        sentences: its segments.
        text: all of them.
        language: code of the language.
        duration_s: length of the recording in seconds.
        words: whether it also lists the words.
    """
    more: dict[str, object] = {}
    if words:
        more["words"] = [
            OpenAIWord(word=word.text, start=word.start_ms / 1000, end=word.end_ms / 1000)
            for sentence in sentences
            for word in sentence.words
        ]
    return VerboseJson(
        task="transcribe",
        language=_NAMES[language],
        duration=round(duration_s, 3),
        text=text,
        segments=[_segment(number, sentence) for number, sentence in enumerate(sentences)],
        **more,
    )


def _segment(number: int, sentence: Sentence) -> OpenAISegment:
    raw = sentence.text.encode()
    return OpenAISegment(
        id=number,
        seek=sentence.start_ms // 10,
        start=sentence.start_ms / 1000,
        end=sentence.end_ms / 1000,
        text=sentence.text,
        tokens=[],
        temperature=0.0,
        avg_logprob=round(sentence.logprob, 4),
        compression_ratio=round(len(raw) / len(zlib.compress(raw)), 4),
        no_speech_prob=0.0,
    )
