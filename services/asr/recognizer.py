"""Turns a recording into text with times; knows no HTTP and no RunPod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.asr.batches import recognise
from services.asr.chunks import Chunk, chunks
from services.asr.contract import ASRRequest, ASRSegment, RecognitionOptions
from services.asr.networks import load_network
from services.asr.result import fields, segment_fields
from services.asr.sentences import Sentence, sentences_of
from shared.audio import Recording, made_up
from shared.contract import ModelInfo
from shared.errors import InvalidInput
from shared.features import Array
from shared.models.lean import pick_device
from shared.models.verified import verified_all
from shared.nets.asr import Recognizer, Transcript
from shared.nets.vad import FsmnVad
from shared.spec import ServiceSpec
from shared.worker.service import Emit, keep_quiet

ROLES = ("asr", "punctuation", "vad")  # as results name their models
# Frames of 60 ms that are collected, so that batches hold stretches of like length.
AHEAD = 8_000
AHEAD_IN_A_STREAM = 1_000


@dataclass(frozen=True, slots=True)
class SpeechRecognizer:
    """The engine of the endpoint."""

    models: tuple[ModelInfo, ...]  # those of ROLES that there are
    _vad: FsmnVad
    _model: Recognizer

    @classmethod
    def load(cls, spec: ServiceSpec) -> SpeechRecognizer:
        """Verify and load the models that ``service.toml`` names.

        Raises:
            ModelError: one is missing, altered or of another kind.
        """
        found = verified_all(spec)
        folders = {role: folder for role, (folder, _) in found.items()}
        folders["asr"].read_ahead()
        device = pick_device()
        vad, network = FsmnVad.load(folders["vad"], device), load_network(folders, device)
        return cls(tuple(found[role][1] for role in ROLES if role in found), vad, network)

    def warm_up(self) -> None:
        """Run every step once."""
        noise = made_up(1)
        self.run(Recording([noise]), ASRRequest(audio="-", vad=False))
        self.run(Recording([noise]), ASRRequest(audio="-"))

    def run(
        self,
        recording: Recording,
        request: ASRRequest,
        _voices: Sequence[Recording] = (),
        emit: Emit = keep_quiet,
        /,
    ) -> Mapping[str, object]:
        """Recognise one recording.

        Args:
            recording: the audio.
            request: what the caller asked for.
            emit: takes each segment as it is done.

        Raises:
            InvalidInput: the model does not know the language.
        """
        stretches = chunks(recording, self._vad, request)
        sentences, segments = [], []
        for sentence in self.sentences(recording, stretches, request, soon=request.stream):
            sentences.append(sentence)
            segments.append(ASRSegment(**segment_fields(sentence, request)))
            emit(segments[-1])
        found = fields(sentences, segments, request, recording.duration_s)
        found["vad_model"] = self.models[-1] if request.vad else None
        if len(self.models) > 2:
            found["punctuation_model"] = self.models[1]
        return found

    def sentences(
        self,
        recording: Recording,
        stretches: Iterable[Chunk],
        request: RecognitionOptions,
        *,
        soon: bool = False,
    ) -> Iterator[Sentence]:
        """What is said in stretches of a recording, in order.

        Args:
            recording: tells whether anybody still waits for it.
            stretches: in order.
            request: what the caller asked for.
            soon: give the first ones before much has been heard, at the price of smaller batches.

        Raises:
            InvalidInput: the model does not know the language.
        """
        self._check_language(request.language)

        def transcribe(batch: Sequence[Array]) -> list[Transcript]:
            recording.go_on()
            return self._model.transcribe(batch, request.language, request.use_itn)

        ahead = AHEAD_IN_A_STREAM if soon else max(AHEAD, self._model.frames_at_once)
        for heard, transcript in recognise(stretches, self._model, transcribe, ahead):
            yield from sentences_of(transcript, heard.start_ms, heard.end_ms)

    def _check_language(self, language: str) -> None:
        known = ("auto", *self._model.languages)
        if language not in known:
            raise InvalidInput(f"language: this model knows {', '.join(known)}")
