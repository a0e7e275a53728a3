"""Recordings cut into what a model hears at once: stretches of speech, neither long nor tiny.

With a VAD they are its segments, those close together joined. What is too long, or all of a
recording without a VAD, is cut at its quietest places. No more of the audio is kept than one
segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from services.asr.contract import ASRRequest, RecognitionOptions
from shared.audio import SAMPLE_RATE
from shared.features import Array
from shared.nets.vad import Cutting, EndPointRules, FsmnVad, Joining, SpeechSegment

JOINED_MS = 15_000  # segments are joined up to this length; a model hears short ones less well
GAP_MS = 500
QUIET = SAMPLE_RATE // 10  # 100 ms: how long the quiet is that a recording is cut in
SAMPLES_PER_MS = SAMPLE_RATE // 1000


class Chunk(NamedTuple):
    """A stretch of a recording: milliseconds from its beginning, and the samples."""

    start_ms: int
    samples: Array

    @property
    def end_ms(self) -> int:
        """Where it ends."""
        return self.start_ms + len(self.samples) // SAMPLES_PER_MS


def chunks(blocks: Iterable[Array], vad: FsmnVad, request: ASRRequest) -> Iterator[Chunk]:
    """Cut a recording.

    Args:
        blocks: mono audio at 16 kHz, each of shape (samples,), full scale 1.0.
        vad: finds the speech, unless the request says that all of it is.
        request: the options of the VAD, and the longest stretch.

    Yields:
        In order, without overlap; the longest has ``max_segment_s``.
    """
    if not request.vad:
        yield from quiet_cuts(blocks, _longest_ms(request) * SAMPLES_PER_MS)
        return
    for _, segment in vad.each_way(blocks, [cutting(vad.rules, request)]):
        yield from pieces(segment, request)


def cutting(rules: EndPointRules, request: RecognitionOptions) -> Cutting:
    """How a recording is cut by what the caller asked for, by the VAD's own rules otherwise."""
    joining = Joining(GAP_MS, min(JOINED_MS, _longest_ms(request)))
    return Cutting(effective_rules(rules, request), joining)


def pieces(segment: SpeechSegment, request: RecognitionOptions) -> Iterator[Chunk]:
    """A segment of speech in stretches that are not too long."""
    for chunk in quiet_cuts([segment.samples], _longest_ms(request) * SAMPLES_PER_MS):
        yield Chunk(segment.start_ms + chunk.start_ms, chunk.samples)


def effective_rules(rules: EndPointRules, request: RecognitionOptions) -> EndPointRules:
    """The VAD's end-point rules with what the caller asked for in their place."""
    if request.max_end_silence_ms is not None:
        rules = replace(rules, max_end_silence_time=request.max_end_silence_ms)
    if request.speech_threshold is not None:
        rules = replace(rules, speech_noise_thres=request.speech_threshold)
    return rules


def quiet_cuts(blocks: Iterable[Array], longest: int) -> Iterator[Chunk]:
    """All there is in stretches of up to so many samples, cut where it is quietest.

    The place is looked for in the last half of the longest stretch there may be.
    """
    start, waiting = 0, np.zeros(0, dtype=np.float32)
    for block in blocks:
        waiting = np.concatenate((waiting, block))
        while len(waiting) > longest:
            cut = longest // 2 + _quietest(waiting[longest // 2 : longest])
            cut -= cut % SAMPLES_PER_MS
            yield Chunk(start // SAMPLES_PER_MS, waiting[:cut])
            start, waiting = start + cut, waiting[cut:]
    if len(waiting):
        yield Chunk(start // SAMPLES_PER_MS, waiting)


def _longest_ms(request: RecognitionOptions) -> int:
    return round(request.max_segment_s * 1000)


def _quietest(samples: Array) -> int:
    """The middle of the 100 ms with the least energy."""
    sums = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    energies = sums[QUIET:] - sums[:-QUIET]
    return int(energies.argmin()) + QUIET // 2
