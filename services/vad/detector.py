"""Finds the speech in a recording; knows no HTTP and no RunPod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from services.vad import precise
from services.vad.contract import Scores, VADRequest
from services.vad.precise import Span
from shared.audio import Recording, made_up
from shared.contract import ModelInfo, Segment
from shared.features import Array
from shared.formats import Labelled, render
from shared.models.verified import verified
from shared.nets.vad import FRAME_MS, EndPointRules, FsmnVad, Segmenter, gathered
from shared.spec import ServiceSpec


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
        self.run(Recording([made_up(1)]), VADRequest(audio="-"))

    def run(self, recording: Recording, request: VADRequest, *_: object) -> Mapping[str, object]:
        """Find the speech in one recording."""
        find = self._by_frames if request.mode == "precise" else self._by_rules
        probabilities, found = find(recording, request)
        spans = refine(found, recording.duration_s, request)
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
            speech_of_frames = np.round(probabilities.astype(np.float64), 4).tolist()
            fields["scores"] = Scores(frame_s=FRAME_MS / 1000, speech=speech_of_frames)
        return fields

    def _by_rules(self, recording: Recording, request: VADRequest) -> tuple[Array, list[Span]]:
        """Probabilities of speech, if they are wanted, and segments by FunASR's rules."""
        rules = effective_rules(self._vad.rules, request)
        segmenter = Segmenter(rules)
        found: list[tuple[int, int]] = []  # milliseconds

        def listen() -> Iterator[Array]:
            """Decide each part as it comes: of ten hours nothing else has to be kept."""
            for silence in self._vad.silences(recording):
                found.extend(segmenter.push(rules.is_speech(silence)))
                if request.return_scores:
                    yield np.float32(1) - silence

        probabilities = gathered(listen())
        found += segmenter.finish()
        return probabilities, [(start / 1000, end / 1000) for start, end in found]

    def _by_frames(self, recording: Recording, request: VADRequest) -> tuple[Array, list[Span]]:
        """Probabilities of speech, and the stretches where it is likely enough."""
        leaning = precise.lean(self._vad.odds(recording))
        threshold = request.speech_threshold
        threshold = precise.THRESHOLD if threshold is None else threshold
        found = precise.stretches(leaning, threshold, recording.duration_s)
        return (leaning + np.float32(1)) / np.float32(2), found


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
    """Join what is close, drop what is short, pad the rest; in mode funasr nothing by default.

    Args:
        spans: segments in order, without overlap.
        duration_s: where the recording ends.
        request: ``min_silence_ms``, ``min_speech_ms`` and ``pad_ms``, applied in this order.
    """
    silence, speech = _shortest(request)
    joined: list[Span] = []
    for start, end in spans:
        if joined and _milliseconds(joined[-1][1], start) < silence:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    kept = [span for span in joined if _milliseconds(*span) >= speech]
    return _pad(kept, duration_s, request.pad_ms / 1000) if kept and request.pad_ms else kept


def _shortest(request: VADRequest) -> tuple[int, int]:
    """The shortest silence and the shortest speech in milliseconds, as asked or of the mode."""
    own = (precise.MIN_SILENCE_MS, precise.MIN_SPEECH_MS) if request.mode == "precise" else (0, 0)
    asked = (request.min_silence_ms, request.min_speech_ms)
    silence, speech = (b if a is None else a for a, b in zip(asked, own, strict=True))
    return silence, speech


def _milliseconds(start: float, end: float) -> int:
    return round((end - start) * 1000)


def _pad(spans: list[Span], duration_s: float, pad: float) -> list[Span]:
    middles = [(left[1] + right[0]) / 2 for left, right in pairwise(spans)]
    bounds = pairwise([0.0, *middles, duration_s])
    return [
        (round(max(start - pad, floor), 3), round(min(end + pad, ceiling), 3))
        for (start, end), (floor, ceiling) in zip(spans, bounds, strict=True)
    ]
