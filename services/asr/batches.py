"""Stretches of speech are recognised many at a time, and given back in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from services.asr.chunks import Chunk
from shared.features import Array
from shared.nets.asr import Recognizer, Transcript


class Heard(NamedTuple):
    """A stretch that waits to be recognised: where it is, and what the model hears of it."""

    start_ms: int
    end_ms: int
    features: Array


Transcribe = Callable[[Sequence[Array]], list[Transcript]]


def recognise(
    chunks: Iterable[Chunk], model: Recognizer, transcribe: Transcribe, ahead: int
) -> Iterator[tuple[Heard, Transcript]]:
    """Recognise stretches.

    Args:
        chunks: in order.
        model: computes the features.
        transcribe: called for all that was collected; what it raises goes through.
        ahead: frames that are collected before they are recognised: more of them make batches of
            more even length, fewer give their results sooner.

    Yields:
        Each stretch and its transcript, in order.
    """
    waiting: list[Heard] = []
    for chunk in chunks:
        waiting.append(Heard(chunk.start_ms, chunk.end_ms, model.features(chunk.samples)))
        if sum(len(heard.features) for heard in waiting) >= ahead:
            yield from _recognised(waiting, transcribe)
            waiting = []
    yield from _recognised(waiting, transcribe)


def _recognised(
    waiting: Sequence[Heard], transcribe: Transcribe
) -> Iterator[tuple[Heard, Transcript]]:
    transcripts = transcribe([heard.features for heard in waiting])
    return zip(waiting, transcripts, strict=True)
