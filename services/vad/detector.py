"""Finds the speech in a recording; knows no HTTP and no RunPod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from services.vad.contract import Scores, VADRequest
from shared.audio import SAMPLE_RATE, Recording
from shared.contract import ModelInfo, Segment
from shared.features import Array
from shared.formats import Labelled, render
from shared.models.verified import verified
from shared.nets.vad import FRAME_MS, EndPointRules, FsmnVad, find_segments
from shared.spec import ServiceSpec

Span = tuple[float, float]  # start and end in seconds


@dataclass(frozen=True, slots=True)
class Detector:
    """The engine of the endpoint."""

    models: tuple[ModelInfo, ...]
    _vad: FsmnVad

    @classmethod
    def load(cls, spec: ServiceSpec) -> Detector:
        """Verify and load the model that ``service.toml`` names.

        Raises:
            ModelError: it is missing, altered or of another kind.
        """
        folder, info = verified(spec, "vad")
        return cls((info,), FsmnVad.load(folder, device=None))

    def warm_up(self) -> None:
        """Run every step once."""
        noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
        self.run(Recording([noise]), VADRequest(audio="-"))

    def run(self, recording: Recording, request: VADRequest, *_: object) -> Mapping[str, object]:
        """Find the speech in one recording."""
        silence = self._vad.silence(recording)
        rules = effective_rules(self._vad.rules, request)
        found = find_segments(rules.is_speech(silence), rules)
        spans = refine([(a / 1000, b / 1000) for a, b in found], recording.duration_s, request)
        speech = sum(end - start for start, end in spans)
        fields: dict[str, object] = {
            "segments": [Segment(start=start, end=end) for start, end in spans],
            "speech_s": round(speech, 3),
            "speech_ratio": round(speech / recording.duration_s, 4) if spans else 0.0,
        }
        if request.format != "json":
            labelled = (Labelled(start, end, "speech") for start, end in spans)
            fields["formatted"] = render(labelled, request.format)
        if request.return_scores:
            fields["scores"] = _scores(silence)
        return fields


def effective_rules(rules: EndPointRules, request: VADRequest) -> EndPointRules:
    """The model's end-point rules with what the caller asked for in their place."""
    if request.max_end_silence_ms is not None:
        rules = replace(rules, max_end_silence_time=request.max_end_silence_ms)
    if request.speech_threshold is not None:
        rules = replace(rules, speech_noise_thres=request.speech_threshold)
    if request.max_segment_s is not None:
        rules = replace(rules, max_single_segment_time=round(request.max_segment_s * 1000))
    return rules


def refine(spans: list[Span], duration_s: float, request: VADRequest) -> list[Span]:
    """Join what is close, drop what is short, pad the rest; nothing by default.

    Args:
        spans: segments in order, without overlap.
        duration_s: where the recording ends.
        request: ``min_silence_ms``, ``min_speech_ms`` and ``pad_ms``, applied in this order.
    """
    joined: list[Span] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < request.min_silence_ms / 1000:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    kept = [(start, end) for start, end in joined if end - start >= request.min_speech_ms / 1000]
    return _pad(kept, duration_s, request.pad_ms / 1000) if kept and request.pad_ms else kept


def _pad(spans: list[Span], duration_s: float, pad: float) -> list[Span]:
    middles = [(left[1] + right[0]) / 2 for left, right in pairwise(spans)]
    bounds = pairwise([0.0, *middles, duration_s])
    return [
        (round(max(start - pad, floor), 3), round(min(end + pad, ceiling), 3))
        for (start, end), (floor, ceiling) in zip(spans, bounds, strict=True)
    ]


def _scores(silence: Array) -> Scores:
    speech = np.round(1.0 - silence.astype(np.float64), 4)
    return Scores(frame_s=FRAME_MS / 1000, speech=speech.tolist())
