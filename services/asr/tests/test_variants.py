"""``service.toml`` chooses the recogniser, and only its models are asked for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.asr.contract import ASRRequest
from services.asr.networks import Punctuated
from services.asr.recognizer import SpeechRecognizer
from shared.audio import Recording
from shared.errors import InvalidInput, ModelMissing, ModelUnusable
from shared.nets.asr.bfloat16 import Bfloat16Linear, missing
from shared.nets.asr.paraformer import Paraformer
from shared.nets.asr.sanm import Linear
from shared.spec import ServiceSpec
from tests.funasr_paraformer import SMALL_CT_PUNC, SMALL_PARAFORMER, babble, write_random_model
from tools.workspace import ROOT, TINY_MODELS

SPEC = ROOT / "services" / "asr" / "service.toml"
CHARACTERS = [chr(0x4E00 + number) for number in range(30)]


def variant(name: str, folder: Path) -> ServiceSpec:
    """The service with another choice."""
    text = SPEC.read_text("utf-8")
    path = folder / "service.toml"
    path.write_text(text.replace('variant = "sensevoice"', f'variant = "{name}"'), "utf-8")
    return ServiceSpec.read(path)


@pytest.fixture
def paraformer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceSpec:
    """The service as Paraformer, with small random weights."""
    spec = variant("paraformer", tmp_path)
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    vocabularies = {
        "asr": (SMALL_PARAFORMER, ["<blank>", "<s>", "</s>", *CHARACTERS, "<unk>"]),
        "punctuation": (SMALL_CT_PUNC, ["<unk>", *CHARACTERS]),
    }
    for role, (config, vocabulary) in vocabularies.items():
        folder = tmp_path / spec.model(role).id
        folder.mkdir(parents=True)
        write_random_model(folder, config, vocabulary)
    vad = spec.model("vad").id
    shutil.copytree(TINY_MODELS / vad, tmp_path / vad)
    return spec


def test_each_variant_has_its_own_models_and_the_vad(tmp_path: Path) -> None:
    roles = {
        name: [model.role for model in variant(name, tmp_path).models]
        for name in ("sensevoice", "paraformer")
    }
    assert roles == {"sensevoice": ["vad", "asr"], "paraformer": ["vad", "asr", "punctuation"]}


def test_a_variant_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no 'whisper', only sensevoice, paraformer"):
        variant("whisper", tmp_path)


def test_paraformer_writes_words_with_times_and_punctuation(paraformer: ServiceSpec) -> None:
    recognizer = SpeechRecognizer.load(paraformer)
    request = ASRRequest(audio="-", vad=False, timestamps="word")
    result = recognizer.run(Recording([babble(5.0)]), request)
    segments = result["segments"]
    assert isinstance(segments, list)
    words = [word for segment in segments for word in segment.words]
    assert len(words) >= 5
    assert all(word.text in CHARACTERS and 0 <= word.start <= word.end <= 5.1 for word in words)
    assert str(result["text"]).endswith(("。", "？"))
    assert (result["language"], segments[0].emotion, segments[0].events) == (None, None, [])
    marks = result["punctuation_model"]
    assert marks == recognizer.models[1]


def test_without_itn_paraformer_sets_no_punctuation(paraformer: ServiceSpec) -> None:
    recognizer = SpeechRecognizer.load(paraformer)
    request = ASRRequest(audio="-", vad=False, use_itn=False)
    text = str(recognizer.run(Recording([babble(5.0)]), request)["text"])
    assert text
    assert set(text) <= set(CHARACTERS)


def test_paraformer_computes_in_the_precision_that_is_asked_for(
    paraformer: ServiceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := missing("cpu"):
        pytest.skip(reason)
    monkeypatch.setenv("ASR_PRECISION", "bfloat16")
    model = SpeechRecognizer.load(paraformer)._model
    assert isinstance(model, Punctuated)
    assert isinstance(model._model, Paraformer)
    modules = list(model._model._network._network.modules())
    assert any(isinstance(module, Bfloat16Linear) for module in modules)
    assert not any(isinstance(module, Linear) for module in modules)


def test_a_language_the_model_does_not_know_is_refused_by_name(paraformer: ServiceSpec) -> None:
    recognizer = SpeechRecognizer.load(paraformer)
    with pytest.raises(InvalidInput, match="language: this model knows auto, zh"):
        recognizer.run(Recording([babble(1.0)]), ASRRequest(audio="-", language="ja"))


def test_a_missing_punctuation_model_is_named(paraformer: ServiceSpec, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / paraformer.model("punctuation").id)
    with pytest.raises(ModelMissing, match="punc_ct-transformer"):
        SpeechRecognizer.load(paraformer)


def test_a_model_of_another_kind_is_refused(paraformer: ServiceSpec, tmp_path: Path) -> None:
    config = tmp_path / paraformer.model("asr").id / "config.yaml"
    config.write_text("model: Whisper\n")
    with pytest.raises(ModelUnusable, match="no recogniser for a model of kind 'Whisper'"):
        SpeechRecognizer.load(paraformer)
