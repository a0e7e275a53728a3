"""Who says what is told, over one decode and one pass of the VAD."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
import soundfile

from models.tiny.sound.acoustics import Samples
from services.asr.contract import ASRRequest
from services.bundle.contract import TranscribeTask
from services.bundle.engines import Bundle
from services.bundle.tests.conftest import dialogue
from services.bundle.transcriber import Transcriber
from services.diarization.contract import DiarizationRequest
from shared.audio import SAMPLE_RATE, Cancelled, Recording
from shared.features import Array
from shared.worker.request import parse
from tools.workspace import COMMANDS

Result = dict[str, Any]


@pytest.fixture(scope="session")
def commands() -> Samples:
    """The bundled recording: two voices in turn, three commands each."""
    samples, _ = soundfile.read(COMMANDS, dtype="float32")
    return np.asarray(samples)


def recording(samples: Samples) -> Recording:
    return Recording(np.array_split(samples, max(1, len(samples) // SAMPLE_RATE)))


def transcribe(
    bundle: Bundle, samples: Samples, voices: Iterable[Samples] = (), **asked: Any
) -> Result:
    request = parse(TranscribeTask, {"task": "transcribe", "audio": "-", **asked}, 1)
    return dict(bundle.run(recording(samples), request, [Recording([voice]) for voice in voices]))


@pytest.mark.parametrize("pause", [0.15, 0.4, 1.2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_word_is_said_by_who_says_it(bundle: Bundle, seed: int, pause: float) -> None:
    talk = dialogue(seed, pause)
    found = transcribe(bundle, talk.samples, timestamps="word", use_itn=False)
    assert found["num_speakers"] == 2
    heard: Counter[tuple[str | None, int]] = Counter()
    for segment in found["segments"]:
        for word in segment.words:
            middle = (word.start + word.end) / 2
            _, who = min(talk.said, key=lambda said: abs(said[0] - middle))
            heard[segment.speaker, who] += 1
    assert heard.total() >= 0.8 * len(talk.said)
    right = heard["SPEAKER_00", 0] + heard["SPEAKER_01", 1]
    assert right >= 0.95 * heard.total()


def test_turns_and_words_are_those_of_the_two_services(bundle: Bundle, commands: Samples) -> None:
    options: dict[str, Any] = {"speech_threshold": 0.5, "max_end_silence_ms": 400}
    found = transcribe(bundle, commands, timestamps="word", **options)
    transcriber = engine(bundle)
    turns = transcriber._diarizer.run(
        recording(commands),
        DiarizationRequest(audio="-", **options),
    )
    text = transcriber._recognizer.run(
        recording(commands),
        ASRRequest(audio="-", timestamps="word", **options),
    )
    for same in ("turns", "speakers", "num_speakers", "speech_s"):
        assert found[same] == turns[same]
    assert (found["text"], found["language"]) == (text["text"], text["language"])
    segments: Any = text["segments"]
    words = [list(chain(*(one.words for one in every))) for every in (found["segments"], segments)]
    assert words[0] == words[1]


def engine(bundle: Bundle) -> Transcriber:
    found = bundle._engine("transcribe")
    assert isinstance(found, Transcriber)
    return found


def test_the_vad_hears_a_recording_once(bundle: Bundle, commands: Samples) -> None:
    heard: list[int] = []

    class Counting:
        def silence(self, features: Iterable[Array]) -> Iterator[Array]:
            heard.append(1)
            yield from transcriber._vad._network.silence(features)

    transcriber = engine(bundle)
    network: Any = Counting()
    counted = replace(transcriber, _vad=replace(transcriber._vad, _network=network))
    counted.run(recording(commands), TranscribeTask(audio="-", task="transcribe"))
    assert heard == [1]


def test_known_voices_get_their_names_in_every_format(bundle: Bundle, commands: Samples) -> None:
    ada = commands[: round(2.6 * SAMPLE_RATE)]
    options = {"known_speakers": [{"name": "Ada", "audio": "-"}], "known_threshold": 0.5}
    formatted = {
        form: transcribe(bundle, commands, [ada], format=form, **options)["formatted"]
        for form in ("text", "srt", "vtt")
    }
    found = transcribe(bundle, commands, [ada], **options)
    names = [segment.speaker for segment in found["segments"]]
    assert names == ["Ada", "SPEAKER_01"] * 3
    assert "formatted" not in found
    assert formatted["text"].startswith("Ada: hello please turn on")
    assert formatted["srt"].startswith("1\n00:00:00,")
    assert "\nAda: hello please turn on" in formatted["srt"]
    assert formatted["vtt"].startswith("WEBVTT\n")
    assert "\n<v Ada>hello please turn on" in formatted["vtt"]


def test_embeddings_are_given_if_they_are_asked_for(bundle: Bundle, commands: Samples) -> None:
    found = transcribe(bundle, commands, return_embeddings=True)
    again = [{"name": f"voice {n}", "embedding": one.embedding}
             for n, one in enumerate(found["speakers"])]  # fmt: skip
    named = transcribe(bundle, commands, known_speakers=again)
    assert [one.label for one in named["speakers"]] == ["voice 0", "voice 1"]


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.zeros(100, np.float32), np.zeros(20 * SAMPLE_RATE, np.float32)],
    ids=["empty", "7 ms", "silence"],
)
@pytest.mark.parametrize("form", ["json", "text", "srt", "vtt"])
def test_silence_has_no_text_and_no_speaker(bundle: Bundle, samples: Samples, form: str) -> None:
    found = transcribe(bundle, samples, format=form)
    assert (found["text"], found["segments"], found["speakers"]) == ("", [], [])
    assert (found["turns"], found["num_speakers"], found["speech_s"]) == ([], 0, 0)


def test_a_cancelled_recording_stops(bundle: Bundle, commands: Samples) -> None:
    cancelled = threading.Event()

    def blocks() -> Iterator[Array]:
        yield commands
        cancelled.set()

    with pytest.raises(Cancelled):
        bundle.run(Recording(blocks(), cancelled), TranscribeTask(audio="-", task="transcribe"))


def test_hours_are_not_kept(bundle: Bundle, commands: Samples) -> None:
    alive: list[weakref.ref[Any]] = []

    def blocks() -> Iterator[Array]:
        for _ in range(12):
            block = commands.copy()
            alive.append(weakref.ref(block))
            yield block
            del block
            assert sum(ref() is not None for ref in alive) <= 3

    found = bundle.run(Recording(blocks()), TranscribeTask(audio="-", task="transcribe"))
    segments: Any = found["segments"]
    assert len(segments) >= 48
