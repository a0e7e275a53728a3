"""Transcripts are unmodified funasr's, and a folder of another model stops the start."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from shared.errors import ModelError, ModelUnusable
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.asr import Transcript
from shared.nets.asr.sensevoice import SenseVoice
from tests.checkpoints import EVERY_DAMAGE, Damage, spoil
from tests.funasr_campplus import voice_like
from tests.funasr_sensevoice import (
    CMVN,
    FULL_SIZE,
    OUTPUTS,
    PIECES,
    SMALL,
    WEIGHTS,
    load_reference,
    pieces,
    reference_front_end,
    reference_logprobs,
    reference_text,
    sentencepiece_model,
    write_random_model,
)

MODEL = "iic/SenseVoiceSmall"
WORDS = ("▁he", "llo", "你", "好", "。", *(f"▁{number}" for number in range(200)))
QUERIES = (0, 1, 2, 14)  # of the language "auto", the event, the emotion, with ITN


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sensevoice")
    write_random_model(path, SMALL, WORDS)
    return path


@pytest.fixture(scope="module")
def recognizer(made: Path) -> SenseVoice:
    return SenseVoice.load(ModelFolder(MODEL, made, None))


@pytest.fixture(scope="module")
def reference(made: Path) -> Any:
    return load_reference(made)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> ModelFolder:
    shutil.copytree(made, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


@pytest.fixture(scope="module")
def batch(recognizer: SenseVoice) -> list[Array]:
    """Stretches of many lengths, from one frame on."""
    lengths = (1.3, 0.03, 3.0, 0.0, 0.1, 2.2, 2.2, 0.7)
    return [recognizer.features(voice_like(length, n)) for n, length in enumerate(lengths)]


def assert_same(ours: Sequence[Transcript], theirs: Sequence[Transcript]) -> None:
    """Equal but for the last digits of the posteriors."""
    assert [spoken(transcript) for transcript in ours] == [spoken(other) for other in theirs]
    for transcript, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(logprobs(transcript), logprobs(other), atol=1e-4)


def spoken(transcript: Transcript) -> Transcript:
    tokens = tuple(dataclasses.replace(token, logprob=0.0) for token in transcript.tokens)
    return dataclasses.replace(transcript, tokens=tokens)


def logprobs(transcript: Transcript) -> list[float]:
    return [token.logprob for token in transcript.tokens]


@pytest.mark.parametrize("samples", [400, 559, 1_360, 1_361, 1_520, 16_000, 47_999])
def test_features_are_funasrs(recognizer: SenseVoice, made: Path, samples: int) -> None:
    signal = voice_like(3.0)[:samples]
    expected, _ = reference_front_end(made)(torch.from_numpy(signal)[None], torch.tensor([samples]))
    features = recognizer.features(signal)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, expected[0].numpy(), atol=1e-3)


@pytest.mark.parametrize("samples", [0, 399])
def test_less_than_a_window_is_nothing(recognizer: SenseVoice, samples: int) -> None:
    features = recognizer.features(voice_like(1.0)[:samples])
    assert features.shape == (0, 560)
    assert recognizer.transcribe([features]) == [Transcript()]


def test_at_full_size_the_posteriors_are_funasrs(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(OUTPUTS - len(pieces(())))]
    write_random_model(tmp_path, FULL_SIZE, words)
    recognizer = SenseVoice.load(ModelFolder(MODEL, tmp_path, None))
    reference = load_reference(tmp_path)
    lengths = (0.03, 3.0, 1.7)
    batch = [recognizer.features(voice_like(length, n)) for n, length in enumerate(lengths)]
    found = recognizer._network.best(batch, QUERIES)
    for features, (outputs, highest) in zip(batch, found, strict=True):
        expected = reference_logprobs(reference, features, QUERIES)
        assert expected.shape == (4 + len(features), OUTPUTS)
        np.testing.assert_array_equal(outputs, expected.argmax(axis=1))
        np.testing.assert_allclose(np.exp(highest), np.exp(expected.max(axis=1)), atol=1e-3)
        np.testing.assert_allclose(highest, expected.max(axis=1), atol=1e-3)


@pytest.mark.parametrize("use_itn", [True, False])
@pytest.mark.parametrize("language", ["auto", "zh", "en", "yue", "ja", "ko"])
def test_the_text_is_funasrs_in_every_language(
    made: Path, recognizer: SenseVoice, reference: Any, batch: list[Array], *,
    language: str, use_itn: bool,
) -> None:  # fmt: skip
    heard = [features for features in batch if len(features)]
    for features, transcript in zip(
        heard, recognizer.transcribe(heard, language, use_itn), strict=True
    ):
        expected = reference_text(reference, made, features, language, use_itn)
        assert transcript.text == re.sub(r"<\|.*?\|>", "", expected).strip()


def test_language_and_itn_are_heeded(recognizer: SenseVoice, batch: list[Array]) -> None:
    wishes = [(language, True) for language in ("auto", *recognizer.languages)]
    found = {
        tuple(map(spoken, recognizer.transcribe(batch, *wish)))
        for wish in (*wishes, ("auto", False))
    }
    assert recognizer.languages == ("zh", "en", "yue", "ja", "ko")
    assert len(found) == len(wishes) + 1


def test_a_language_it_does_not_know_is_refused(recognizer: SenseVoice) -> None:
    with pytest.raises(ValueError, match="klingon"):
        recognizer.transcribe([], "klingon")


@pytest.mark.parametrize("frames_at_once", [1, 40, 100])
def test_what_is_recognised_together_does_not_matter(
    recognizer: SenseVoice, batch: list[Array], frames_at_once: int
) -> None:
    together = recognizer.transcribe(batch)
    assert sum(len(transcript.tokens) for transcript in together) > len(batch)
    assert_same(together, [recognizer.transcribe([features])[0] for features in batch])
    in_parts = dataclasses.replace(recognizer, frames_at_once=frames_at_once)
    assert_same(together, in_parts.transcribe(batch))


def test_nothing_together_is_nothing(recognizer: SenseVoice) -> None:
    assert recognizer.transcribe([]) == []


def test_the_features_are_left_as_they_were(recognizer: SenseVoice, batch: list[Array]) -> None:
    before = [features.copy() for features in batch]
    recognizer.transcribe(batch)
    for features, copy in zip(batch, before, strict=True):
        np.testing.assert_array_equal(features, copy)


def test_threads_may_share_it(recognizer: SenseVoice, batch: list[Array]) -> None:
    expected = {language: recognizer.transcribe(batch, language) for language in ("zh", "en")}
    with ThreadPoolExecutor(2) as pool:
        wishes = ["zh", "en"] * 5
        found = list(pool.map(lambda language: recognizer.transcribe(batch, language), wishes))
    for language, transcripts in zip(wishes, found, strict=True):
        assert_same(transcripts, expected[language])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "Paraformer"}, "SenseVoiceSmall"),
        ({"encoder": "SANMEncoder"}, "SenseVoiceEncoderSmall"),
        ({"encoder_conf": []}, "encoder_conf"),
        ({"encoder_conf": {**SMALL, "attention_heads": 5}}, "attention_heads"),
        ({"encoder_conf": {**SMALL, "sanm_shfit": 6}}, "sanm_shfit"),
        ({"encoder_conf": {**SMALL, "num_blocks": "many"}}, "num_blocks"),
        ({"encoder_conf": {**SMALL, "num_blocks": 4}}, "Missing key"),
        ({"encoder_conf": {**SMALL, "tp_blocks": 0}}, "Unexpected key"),
        ({"encoder_conf": {**SMALL, "output_size": 64}}, "size mismatch"),
        ({"frontend_conf": {"fs": 8_000}}, "fs"),
        ({"frontend_conf": {"lfr_m": 5}}, "560 values for features of 400"),
        ({"frontend_conf": {"lfr_n": 1}}, "lfr_n"),
        ({"tokenizer": "CharTokenizer"}, "SentencepiecesTokenizer"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, change: dict[str, Any], named: str
) -> None:
    path = folder.path / "config.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
    with pytest.raises(ModelUnusable) as caught:
        SenseVoice.load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("name", [WEIGHTS, CMVN, PIECES, "config.yaml", "configuration.json"])
@pytest.mark.parametrize("content", [None, b"", b"\x00\xff something else"])
def test_a_damaged_file_stops_the_start(
    folder: ModelFolder, name: str, content: bytes | None
) -> None:
    (folder.path / name).unlink()
    if content is not None:
        (folder.path / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        SenseVoice.load(folder)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("words", [WORDS[:-1], (*WORDS, "more")])
def test_a_vocabulary_of_another_size_is_refused(folder: ModelFolder, words: Sequence[str]) -> None:
    (folder.path / PIECES).write_bytes(sentencepiece_model(pieces(words)))
    with pytest.raises(ModelUnusable, match="ctc_lo"):
        SenseVoice.load(folder)


@EVERY_DAMAGE
def test_a_checkpoint_with_a_tensor_amiss_is_refused(folder: ModelFolder, damage: Damage) -> None:
    spoil(folder.path / WEIGHTS, "encoder.tp_encoders.1.self_attn.fsmn_block.weight", damage)
    with pytest.raises(ModelUnusable, match=WEIGHTS):
        SenseVoice.load(folder)


def test_a_configuration_that_names_no_vocabulary_is_refused(folder: ModelFolder) -> None:
    path = folder.path / "configuration.json"
    metas = json.loads(path.read_text())["file_path_metas"]
    del metas["tokenizer_conf"]
    path.write_text(json.dumps({"file_path_metas": metas}))
    with pytest.raises(ModelUnusable, match="bpemodel"):
        SenseVoice.load(folder)


def test_nothing_heavy_is_imported_before_a_model_is_loaded() -> None:
    script = "import sys, shared.nets.asr.sensevoice; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"torch", "funasr", "scipy", "torchaudio"} & set(done.stdout.split())


def test_funasr_is_never_imported(made: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from shared.models.folder import ModelFolder;"
        "from shared.nets.asr.sensevoice import SenseVoice;"
        "SenseVoice.load(ModelFolder('a/b', Path(sys.argv[1]), None)); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(made)], capture_output=True, text=True, check=True
    )
    assert "funasr" not in done.stdout.split()
