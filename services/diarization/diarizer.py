"""Finds who spoke when in a recording; knows no HTTP and no RunPod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.diarization.clustering import Speakers, cluster
from services.diarization.clustering.vectors import centres
from services.diarization.contract import DiarizationRequest, SpeakerOptions
from services.diarization.embedding import Embedder
from services.diarization.known import Speaker, Voice, recognise
from services.diarization.result import fields
from services.diarization.turns import Turn, renumbered, turns_of
from services.diarization.windows import overlaps
from shared.audio import Recording, made_up
from shared.contract import ModelInfo
from shared.errors import InvalidInput
from shared.features import Array
from shared.models.lean import pick_device
from shared.models.verified import verified
from shared.nets.speaker import CamPlus
from shared.nets.vad import EndPointRules, FsmnVad, SpeechSegment
from shared.spec import ServiceSpec

END_SILENCE_MS = 300  # pauses between speakers are shorter than those between sentences
VOICE_MS = 60_000  # of a known speaker's speech; more does not make it clearer


@dataclass(frozen=True, slots=True)
class Diarizer:
    """The engine of the endpoint."""

    models: tuple[ModelInfo, ...]
    _vad: FsmnVad
    _net: CamPlus

    @classmethod
    def load(cls, spec: ServiceSpec) -> Diarizer:
        """Verify and load the models that ``service.toml`` names.

        Raises:
            ModelError: one is missing, altered or of another kind.
        """
        device = pick_device()
        speaker, speaker_info = verified(spec, "speaker")
        vad, vad_info = verified(spec, "vad")
        net = CamPlus.load(speaker, device)
        return cls((speaker_info, vad_info), FsmnVad.load(vad, device), net)

    def warm_up(self) -> None:
        """Run every step once, those after the VAD as if all of it were speech."""
        request, noise = DiarizationRequest(audio="-"), made_up(3)
        self.run(Recording([noise]), request)
        embedder = self.embedder()
        embedder.push(SpeechSegment(0, 3_000, noise))
        self.find(embedder, [], request)

    def run(
        self,
        recording: Recording,
        request: DiarizationRequest,
        voices: Sequence[Recording] = (),
        *_: object,
    ) -> Mapping[str, object]:
        """Find the turns in one recording.

        Args:
            recording: the audio.
            request: what the caller asked for.
            voices: the recordings of those known speakers that have one, in order.
        """
        known = self.known(request, voices)
        embedder = self.embedder()
        for segment in self._vad.segments(recording, effective_rules(self._vad.rules, request)):
            embedder.push(segment)
        turns, found = self.find(embedder, known, request)
        return {**fields(turns, found, request), "vad_model": self.models[1]}

    def known(self, request: SpeakerOptions, voices: Sequence[Recording]) -> list[Voice]:
        """The embeddings of the known speakers.

        Args:
            request: names them.
            voices: the recordings of those that have one, in order.

        Raises:
            InvalidInput: an embedding is another model's, or there is no speech in a recording.
        """
        recordings = iter(voices)
        known = []
        for speaker in request.known_speakers:
            if speaker.embedding is not None:
                vector = np.array(speaker.embedding, dtype=np.float32)
                if vector.shape != (self._net.size,):
                    raise InvalidInput(
                        f"known_speakers: the embedding of this model has {self._net.size} numbers"
                    )
            else:
                vector = self._voice(next(recordings))
            known.append(Voice(speaker.name, vector))
        return known

    def embedder(self) -> Embedder:
        """What takes the segments of one recording, as ``effective_rules`` cut them."""
        return Embedder(self._net)

    def find(
        self, embedder: Embedder, known: Sequence[Voice], request: SpeakerOptions
    ) -> tuple[list[Turn], list[Speaker]]:
        """The turns of a recording whose segments were all taken, and who their speakers are."""
        spans, vectors = embedder.finish()
        alike = self._net.thresholds.alike
        labels = cluster(vectors, speakers(request), alike, overlaps(spans))
        turns, heard = renumbered(turns_of(spans, labels.tolist()))
        threshold = request.known_threshold
        found = recognise(
            centres(vectors, labels)[heard],
            known,
            self._net.thresholds.same_speaker if threshold is None else threshold,
        )
        return turns, found

    def _voice(self, recording: Recording) -> Array:
        """The embedding of a recording of one speaker."""
        embedder = self.embedder()
        for segment in _first(self._vad.segments(recording, self._vad.rules)):
            embedder.push(segment)
        _, vectors = embedder.finish()
        if not len(vectors):
            raise InvalidInput("known_speakers: there is no speech in a known speaker's recording")
        mean: Array = vectors.mean(axis=0)
        return mean


def effective_rules(rules: EndPointRules, request: SpeakerOptions) -> EndPointRules:
    """End-point rules that keep close to the speech: a turn is not to hold the pauses around it."""
    threshold = request.speech_threshold
    return replace(
        rules,
        lookback_time_start_point=0,
        lookahead_time_end_point=0,
        max_end_silence_time=request.max_end_silence_ms or END_SILENCE_MS,
        speech_noise_thres=rules.speech_noise_thres if threshold is None else threshold,
    )


def speakers(request: SpeakerOptions) -> Speakers:
    """How many speakers the caller allows."""
    usual = Speakers()
    least = request.num_speakers or request.min_speakers or usual.least
    most = request.num_speakers or request.max_speakers or max(least, usual.most)
    return Speakers(least, most)


def _first(segments: Iterable[SpeechSegment]) -> Iterator[SpeechSegment]:
    """As much speech as makes a voice clear."""
    heard_ms = 0
    for segment in segments:
        yield segment
        heard_ms += segment.end_ms - segment.start_ms
        if heard_ms > VOICE_MS:
            return
