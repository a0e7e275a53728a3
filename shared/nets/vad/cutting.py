"""Cuts a recording into segments of speech as it comes in: end-point rules, joining, the audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.features import Array
from shared.nets.vad.endpoint import EndPointRules
from shared.nets.vad.joining import Joiner, Joining
from shared.nets.vad.segmenter import Segmenter, Span
from shared.nets.vad.tail import Tail

SEPARATE = Joining()


class SpeechSegment(NamedTuple):
    """A stretch of speech: milliseconds from the recording's beginning, and its samples."""

    start_ms: int
    end_ms: int
    samples: Array


class Cutting:
    """One way to cut one recording; no more of its audio is kept than the longest segment.

    Args:
        rules: where segments begin and end.
        joining: which of them are made one; none by default.
    """

    def __init__(self, rules: EndPointRules, joining: Joining = SEPARATE) -> None:
        self._rules = rules
        self._segmenter, self._joiner, self._tail = Segmenter(rules), Joiner(joining), Tail()

    def passing(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """The recording's blocks as they are, kept on their way."""
        return self._tail.passing(blocks)

    def push(self, silence: Array) -> Iterator[SpeechSegment]:
        """The segments that are known to have ended now that these probabilities are known too.

        Args:
            silence: probability of silence, one value per 10 ms, shape (frames,).
        """
        closed = self._segmenter.push(self._rules.is_speech(silence))
        yield from self._cut(self._joiner.push(closed, self._segmenter.settled_ms))
        self._tail.forget(int(self._joiner.open_ms))

    def finish(self) -> Iterator[SpeechSegment]:
        """The segments that the end of the recording closes."""
        yield from self._cut(self._joiner.push(self._segmenter.finish()))

    def _cut(self, spans: Iterable[Span]) -> Iterator[SpeechSegment]:
        return (SpeechSegment(*span, self._tail.cut(*span)) for span in spans)
