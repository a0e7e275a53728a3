"""With products of 16 or eight bits the recogniser hears what it hears with those of 32."""

from __future__ import annotations

import pytest
import soundfile

from models.tiny.asr.scores import align
from services.asr.contract import ASRRequest
from services.asr.handler import SERVICE
from services.asr.recognizer import SpeechRecognizer
from services.asr.tests.conftest import commands
from shared.audio import Recording
from shared.errors import ModelUnusable
from shared.features import Array
from shared.nets.asr import bfloat16, int8
from shared.nets.asr.bfloat16 import Bfloat16Linear
from shared.nets.asr.int8 import Int8Linear
from shared.nets.asr.sanm import Linear
from shared.nets.asr.sensevoice import SenseVoice
from tools.workspace import COMMANDS, TINY_MODELS


@pytest.fixture(params=["bfloat16", "int8"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SpeechRecognizer:
    """The engine as ASR_PRECISION makes it."""
    monkeypatch.setenv("MODELS_DIR", str(TINY_MODELS))
    monkeypatch.setenv("ASR_PRECISION", request.param)
    return SpeechRecognizer.load(SERVICE.spec)


def test_it_is_what_the_network_computes_with(small: SpeechRecognizer) -> None:
    if reason := int8.missing("cpu") or bfloat16.missing("cpu"):
        pytest.skip(reason)
    assert isinstance(small._model, SenseVoice)
    kinds = {type(module) for module in small._model._network._network.modules()}
    assert Linear not in kinds
    assert kinds & {Bfloat16Linear, Int8Linear}


def words(engine: SpeechRecognizer, samples: Array) -> list[str]:
    request = ASRRequest(audio="-", use_itn=False, timestamps="word")
    segments = engine.run(Recording([samples]), request)["segments"]
    assert isinstance(segments, list)
    return [word.text for segment in segments for word in segment.words]


def test_the_bundled_commands_are_the_same(
    small: SpeechRecognizer, recognizer: SpeechRecognizer
) -> None:
    samples, _ = soundfile.read(COMMANDS, dtype="float32")
    assert words(small, samples) == words(recognizer, samples) != []


def test_of_what_held_out_voices_say_hardly_a_word_is_another(
    small: SpeechRecognizer, recognizer: SpeechRecognizer
) -> None:
    others = total = 0
    for said in commands(20):
        expected = words(recognizer, said.samples)
        others += align(expected, words(small, said.samples)).errors
        total += len(expected)
    assert total > 60
    assert others / total <= 0.02


def test_another_precision_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS_DIR", str(TINY_MODELS))
    monkeypatch.setenv("ASR_PRECISION", "int4")
    with pytest.raises(
        ModelUnusable, match="ASR_PRECISION has to be one of float32, bfloat16, int8"
    ):
        SpeechRecognizer.load(SERVICE.spec)
