"""Stretches of speech of like length are recognised together, and given back in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from services.asr.chunks import Chunk
from shared.features import Array
from shared.nets.asr import Recognizer, Transcript
from shared.nets.asr.parts import parts


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
        transcribe: called for each batch; what it raises goes through.
        ahead: frames that are collected before they are recognised: more of them make batches of
            more even length, fewer give their results sooner.

    Yields:
        Each stretch and its transcript, in order.
    """
    waiting: list[Heard] = []
    for chunk in chunks:
        waiting.append(Heard(chunk.start_ms, chunk.end_ms, model.features(chunk.samples)))
        if sum(len(heard.features) for heard in waiting) >= ahead:
            yield from _in_order(waiting, transcribe, model.frames_at_once)
            waiting = []
    yield from _in_order(waiting, transcribe, model.frames_at_once)


def _in_order(
    waiting: list[Heard], transcribe: Transcribe, most: int
) -> Iterator[tuple[Heard, Transcript]]:
    found = dict.fromkeys(range(len(waiting)), Transcript())  # what has no frame says nothing
    for batch in parts([len(heard.features) for heard in waiting], most):
        transcripts = transcribe([waiting[number].features for number in batch])
        found.update(zip(batch, transcripts, strict=True))
    for number, heard in enumerate(waiting):
        yield heard, found[number]
