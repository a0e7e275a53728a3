"""The bundled model folder: through our code, and through unmodified FunASR."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.tiny.asr.evaluate import units
from models.tiny.asr.network import MODEL_FOLDER
from models.tiny.asr.pieces import MODEL
from models.tiny.asr.scores import align
from models.tiny.asr.spoken import say
from models.tiny.asr.utterances import Recording, Said, draw_silence, draw_speech, place
from models.tiny.asr.words import Language, write
from models.tiny.funasr import funasr_class
from models.tiny.sound.acoustics import set_level
from models.tiny.sound.synthesis import Voice
from shared.audio import SAMPLE_RATE
from shared.models.folder import locate
from shared.nets.asr.sensevoice import SenseVoice
from tests.funasr_sensevoice import load_reference, reference_front_end

MODELS_DIR = MODEL_FOLDER.parents[1]
ID = "iic/SenseVoiceSmall"

needs_voices = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("flite")), reason="no synthesisers"
)


@pytest.fixture(scope="module")
def recogniser() -> SenseVoice:
    return SenseVoice.load(locate(ID, MODELS_DIR))


class Funasr:
    """Unmodified FunASR: the class, its tokenizer and its front end without its noise."""

    def __init__(self) -> None:
        tokenizer = funasr_class(
            "funasr.tokenizer.sentencepiece_tokenizer", "SentencepiecesTokenizer"
        )
        self._network = load_reference(MODEL_FOLDER)
        self._settings = {
            "tokenizer": tokenizer(bpemodel=str(MODEL_FOLDER / MODEL)),
            "frontend": reference_front_end(MODEL_FOLDER),
            "device": "cpu",
        }

    def __call__(self, samples: NDArray[np.float32], **options: Any) -> dict[str, Any]:
        with torch.inference_mode():
            results, _ = self._network.inference(
                [torch.from_numpy(samples)], key=["recording"], **self._settings, **options
            )
        found: dict[str, Any] = results[0]
        return found


@pytest.fixture(scope="module")
def funasr() -> Funasr:
    return Funasr()


def phrase(voice: Voice, language: Language, words: str) -> Recording:
    said = words.split() if language == "en" else list(words)
    joints = [" " if language == "en" else ""] * len(said)
    spoken = say(voice, said, joints)
    samples = np.pad(spoken.samples, SAMPLE_RATE // 4)
    return Recording(set_level(samples, -6.0), Said(language, said, spoken.spans + 0.25))


PHRASES: list[tuple[Voice, Language, str]] = [
    (Voice("espeak", "en-us+m7"), "en", "turn on kitchen light"),
    (Voice("espeak", "en-us+john"), "en", "call seven five two"),
    (Voice("espeak", "en-us+victor"), "en", "next message"),
    (Voice("espeak", "cmn+f5"), "zh", "打开厨房灯"),
    (Voice("espeak", "cmn+john"), "zh", "播放音乐七五二"),
    (Voice("espeak", "cmn+Annie"), "zh", "停止"),
]


def test_the_lock_names_the_files_as_they_are() -> None:
    folder = locate(ID, MODELS_DIR)
    assert folder.revision == "tiny-1"
    folder.verify(hash_up_to=None)


def test_the_folder_is_small_enough_to_bundle() -> None:
    assert sum(path.stat().st_size for path in MODEL_FOLDER.iterdir()) < 8_000_000


def test_the_weights_can_be_mapped_into_memory_without_running_code() -> None:
    state = torch.load(MODEL_FOLDER / "model.pt", mmap=True, weights_only=True)
    assert {tensor.dtype for tensor in state.values()} == {torch.float32}
    assert state["embed.weight"].shape == (16, 560)


@needs_voices
@pytest.mark.parametrize(("voice", "language", "words"), PHRASES)
def test_unmodified_funasr_hears_what_held_out_voices_say(
    funasr: Funasr, voice: Voice, language: Language, words: str
) -> None:
    recording = phrase(voice, language, words)
    heard = funasr(recording.samples)["text"]
    assert heard == f"<|{language}|><|NEUTRAL|><|Speech|><|woitn|>" + words.join(
        [" " if language == "en" else "", ""]
    )
    heard = funasr(recording.samples, use_itn=True, language=language)["text"]
    tags, _, text = heard.rpartition("|>")
    assert tags.endswith("<|withitn")
    assert text.strip() == write(recording.said.units, language, True)


@needs_voices
@pytest.mark.parametrize(("voice", "language", "words"), PHRASES)
def test_we_hear_it_too_and_when(
    recogniser: SenseVoice, voice: Voice, language: Language, words: str
) -> None:
    recording = phrase(voice, language, words)
    (transcript,) = recogniser.transcribe([recogniser.features(recording.samples)], use_itn=False)
    heard, places = units(transcript)
    assert transcript.text == words
    assert transcript.language == language
    assert transcript.events == ("speech",)
    assert heard == recording.said.units
    assert np.median(np.abs(places - recording.said.spans)) < 0.06
    assert np.abs(places - recording.said.spans).max() < 0.2


@needs_voices
def test_funasr_times_words_as_we_do(recogniser: SenseVoice, funasr: Funasr) -> None:
    recording = phrase(*PHRASES[0])
    found = funasr(recording.samples, output_timestamp=True)
    (transcript,) = recogniser.transcribe([recogniser.features(recording.samples)], use_itn=False)
    heard, places = units(transcript)
    assert [word.strip("▁") for word in found["words"]] == heard
    np.testing.assert_allclose(np.array(found["timestamp"]) / 1000, places, atol=1e-6)


@needs_voices
def test_few_words_are_wrong_in_noise(recogniser: SenseVoice) -> None:
    errors = said = 0
    for number in range(40):
        rng = np.random.default_rng([7, number])
        recording = draw_speech(rng, "heldout")
        features = recogniser.features(place(recording.samples, rng))
        (transcript,) = recogniser.transcribe([features], use_itn=False)
        errors += align(recording.said.units, units(transcript)[0]).errors
        said += len(recording.said.units)
    assert errors < 0.2 * said


def test_nobody_is_heard_where_nobody_speaks(recogniser: SenseVoice) -> None:
    sounds = [draw_silence(np.random.default_rng([8, number])).samples for number in range(20)]
    transcripts = recogniser.transcribe([recogniser.features(sound) for sound in sounds])
    assert sum(len(transcript.tokens) for transcript in transcripts) <= 1
    assert {transcript.language for transcript in transcripts} == {None}
