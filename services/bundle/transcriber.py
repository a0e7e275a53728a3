"""Finds who said what and when, from all models together; knows no HTTP and no RunPod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.asr.chunks import Chunk, cutting, pieces
from services.asr.recognizer import SpeechRecognizer
from services.asr.result import most_spoken, segment_fields
from services.bundle.contract import TranscribeSegment, TranscribeTask
from services.bundle.transcript import Said, attribute
from services.diarization.diarizer import Diarizer, effective_rules
from services.diarization.embedding import Embedder
from services.diarization.result import who_and_when
from shared.attribution import Turn
from shared.audio import Recording
from shared.contract import ModelInfo
from shared.nets.vad import Cutting, FsmnVad
from shared.subtitles import render
from shared.writing import as_text, join_texts


@dataclass(frozen=True, slots=True)
class Transcriber:
    """Tells speakers apart and recognises in one pass over the recording.

    It is decoded once and the VAD hears it once. Its speech is then cut twice, as each of the two
    services does, so that turns and words are exactly theirs.
    """

    _vad: FsmnVad
    _diarizer: Diarizer
    _recognizer: SpeechRecognizer

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """The recogniser first, the VAD last."""
        *recognisers, vad = self._recognizer.models
        return (*recognisers, self._diarizer.models[0], vad)

    def warm_up(self) -> None:
        """Run every step once."""
        self._diarizer.warm_up()
        self._recognizer.warm_up()

    def run(
        self,
        recording: Recording,
        request: TranscribeTask,
        voices: Sequence[Recording] = (),
        *_: object,
    ) -> Mapping[str, object]:
        """Transcribe one recording.

        Args:
            recording: the audio.
            request: what the caller asked for.
            voices: the recordings of those known speakers that have one, in order.

        Raises:
            InvalidInput: the model does not know the language, or a known speaker has no voice.
        """
        known = self._diarizer.known(request, voices)
        embedder = self._diarizer.embedder()
        stretches = self._stretches(recording, request, embedder)
        sentences = list(self._recognizer.sentences(recording, stretches, request))
        turns, speakers = self._diarizer.find(embedder, known, request)
        labelled = [
            Turn(turn.start_ms, turn.end_ms, speakers[turn.speaker].label) for turn in turns
        ]
        said = attribute(sentences, labelled)
        found: dict[str, object] = {
            "text": join_texts(sentence.text for sentence in sentences),
            "segments": [
                TranscribeSegment(speaker=speaker, **segment_fields(sentence, request))
                for sentence, speaker in said
            ],
            "language": most_spoken(sentences),
            **who_and_when(turns, speakers, request),
            "speaker_model": self._diarizer.models[0],
            "vad_model": self._recognizer.models[-1],
        }
        if len(self._recognizer.models) > 2:
            found["punctuation_model"] = self._recognizer.models[1]
        if request.format != "json":
            found["formatted"] = _formatted(said, request, recording.duration_s)
        return found

    def _stretches(
        self, recording: Recording, request: TranscribeTask, embedder: Embedder
    ) -> Iterator[Chunk]:
        """What is to be recognised; what tells the speakers apart is taken by the way."""
        rules = self._vad.rules
        close, wide = Cutting(effective_rules(rules, request)), cutting(rules, request)
        for number, segment in self._vad.each_way(recording, [close, wide]):
            if number == 0:
                embedder.push(segment)
            else:
                yield from pieces(segment, request)


def _formatted(said: Sequence[Said], request: TranscribeTask, duration_s: float) -> str:
    if request.format in ("srt", "vtt"):
        words, speakers = [one.sentence.words for one in said], [one.speaker for one in said]
        return render(words, request.format, round(duration_s * 1000), speakers)
    return as_text((one.speaker, one.sentence.text) for one in said)
