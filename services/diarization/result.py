"""Writes what was found in the words of the contract."""

from __future__ import annotations

from collections.abc import Sequence

from services.diarization.contract import (
    DiarizationRequest,
    SpeakerInfo,
    SpeakerOptions,
    SpeakerTurn,
)
from services.diarization.known import Speaker
from services.diarization.turns import Turn
from shared.formats import Labelled, render


def fields(
    turns: Sequence[Turn], speakers: Sequence[Speaker], request: DiarizationRequest
) -> dict[str, object]:
    """The fields of a result.

    Args:
        turns: in order.
        speakers: those the turns' numbers stand for, by first appearance.
        request: says which of the optional fields there are to be.
    """
    found = who_and_when(turns, speakers, request)
    labelled = _labelled(turns, speakers)
    if request.format != "json":
        # A name in RTTM is one word.
        one_word = (turn._replace(label="_".join(turn.label.split())) for turn in labelled)
        found["formatted"] = render(one_word, request.format)
    if request.return_modelscope_text:
        found["text"] = [
            (round(start, 2), round(end, 2), turn.speaker)
            for turn, (start, end, _) in zip(turns, labelled, strict=True)
        ]
    return found


def who_and_when(
    turns: Sequence[Turn], speakers: Sequence[Speaker], request: SpeakerOptions
) -> dict[str, object]:
    """The turns and the speakers, in no text format."""
    return {
        "turns": [
            SpeakerTurn(start=start, end=end, speaker=name)
            for start, end, name in _labelled(turns, speakers)
        ],
        "speakers": [_info(n, turns, speaker, request) for n, speaker in enumerate(speakers)],
        "num_speakers": len(speakers),
        "speech_s": _seconds(turns),
    }


def _labelled(turns: Sequence[Turn], speakers: Sequence[Speaker]) -> list[Labelled]:
    return [
        Labelled(turn.start_ms / 1000, turn.end_ms / 1000, speakers[turn.speaker].label)
        for turn in turns
    ]


def _info(
    number: int, turns: Sequence[Turn], speaker: Speaker, request: SpeakerOptions
) -> SpeakerInfo:
    own = [turn for turn in turns if turn.speaker == number]
    more: dict[str, object] = {}
    if speaker.similarity is not None:
        more["similarity"] = speaker.similarity
    if request.return_embeddings:
        more["embedding"] = [round(float(value), 5) for value in speaker.embedding]
    return SpeakerInfo(label=speaker.label, speech_s=_seconds(own), turns=len(own), **more)


def _seconds(turns: Sequence[Turn]) -> float:
    return round(sum(turn.end_ms - turn.start_ms for turn in turns) / 1000, 3)
