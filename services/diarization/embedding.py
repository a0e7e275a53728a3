"""Embeddings of the windows of speech, taken as its segments come in."""

from __future__ import annotations

import numpy as np

from services.diarization.clustering.vectors import Vectors, unit
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
        self._vectors = bytearray()  # of float32; joined from parts they would be there twice
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
        """Start and end of each window, in milliseconds, and its embedding, of length 1."""
        self._embed()
        vectors = np.frombuffer(self._vectors, dtype=np.float32)
        return self._spans, vectors.reshape(-1, self._net.size)

    def _embed(self) -> None:
        self._vectors += unit(self._net.embed(self._pending)).tobytes()
        self._pending = []
