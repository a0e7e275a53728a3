"""Embeddings of the windows of speech, taken as its segments come in."""

from __future__ import annotations

import numpy as np

from services.diarization.clustering.vectors import Vectors
from services.diarization.windows import LENGTH, Span, windows
from shared.features import Array
from shared.nets.speaker import CamPlus
from shared.nets.vad import SpeechSegment

AT_ONCE = 64  # windows whose features are held


class Embedder:
    """Gathers the windows of one recording; of its audio nothing is kept."""

    def __init__(self, net: CamPlus) -> None:
        self._net = net
        self._spans: list[Span] = []
        self._embeddings = [np.zeros((0, net.size), dtype=np.float32)]
        self._pending: list[Array] = []

    def push(self, segment: SpeechSegment) -> None:
        """Take the windows of the next segment."""
        features = self._net.features(segment.samples)
        for window in windows(len(features)):
            self._spans.append(window.span(segment.start_ms, segment.end_ms, len(features)))
            part = features[window.start : window.end]
            self._pending.append(np.resize(part, (LENGTH, part.shape[1])))  # short ones repeated
        if len(self._pending) >= AT_ONCE:
            self._embed()

    def finish(self) -> tuple[list[Span], Vectors]:
        """Start and end, in milliseconds, and embedding of each window."""
        self._embed()
        return self._spans, np.concatenate(self._embeddings)

    def _embed(self) -> None:
        self._embeddings.append(self._net.embed(self._pending))
        self._pending = []
