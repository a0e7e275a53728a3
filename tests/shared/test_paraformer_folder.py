"""A folder that is not a Paraformer's, or not a whole one, is refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from shared.errors import ModelError, ModelUnusable
from shared.models.folder import ModelFolder
from shared.nets.asr.paraformer import Paraformer
from tests.checkpoints import EVERY_DAMAGE, Damage, spoil
from tests.funasr_paraformer import (
    DECODER,
    ENCODER,
    PREDICTOR,
    SMALL_PARAFORMER,
    VOCABULARY,
    vocabulary,
    write_random_model,
)
from tests.funasr_sensevoice import CMVN, WEIGHTS

MODEL = "iic/speech_paraformer-large-vad-punc_asr_nat-zh-cn-16k-common-vocab8404-pytorch"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small")
    write_random_model(path, SMALL_PARAFORMER, vocabulary(40))
    return path


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> ModelFolder:
    shutil.copytree(small, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


def rewrite(folder: ModelFolder, change: dict[str, Any]) -> None:
    path = folder.path / "config.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "Paraformer"}, "BiCifParaformer"),
        ({"model": "SenseVoiceSmall"}, "BiCifParaformer"),
        ({"encoder": "ConformerEncoder"}, "SANMEncoder"),
        ({"encoder_conf": {"output_size": 31}}, "attention_heads"),
        ({"encoder_conf": ENCODER}, "idim"),
        ({"encoder_conf": {**SMALL_PARAFORMER["encoder_conf"], "num_blocks": 4}}, "Missing"),
        ({"decoder_conf": {**DECODER, "num_blocks": 17}}, "attention"),
        ({"decoder_conf": {**DECODER, "linear_units": 128}}, "Missing"),
        ({"predictor_conf": {**PREDICTOR, "upsample_type": "cnn"}}, "cnn_blstm"),
        ({"predictor_conf": {**PREDICTOR, "upsample_times": 5}}, "upsample_times"),
        ({"predictor_conf": {**PREDICTOR, "threshold": 0.9}}, "threshold"),
        ({"predictor": "CifPredictorV2"}, "CifPredictorV3"),
        ({"frontend_conf": {"lfr_n": 1}}, "lfr_n"),
        ({"frontend_conf": {"n_mels": 40}}, "280"),
        ({"tokenizer": "SentencepiecesTokenizer"}, "CharTokenizer"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, change: dict[str, Any], named: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(ModelUnusable) as caught:
        Paraformer.load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("text", ["{}", "[", '["字", 1]', '["one too few"]', "\xff"])
def test_a_vocabulary_that_does_not_fit_is_refused(folder: ModelFolder, text: str) -> None:
    (folder.path / VOCABULARY).write_bytes(text.encode("latin-1", "replace"))
    with pytest.raises(ModelUnusable):
        Paraformer.load(folder)


@pytest.mark.parametrize("name", ["config.yaml", VOCABULARY, WEIGHTS, CMVN])
def test_without_a_file_there_is_no_model(folder: ModelFolder, name: str) -> None:
    (folder.path / name).unlink()
    with pytest.raises(ModelError):
        Paraformer.load(folder)


def test_files_have_the_names_that_the_configuration_gives_them(folder: ModelFolder) -> None:
    path = folder.path / "configuration.json"
    metas = json.loads(path.read_text())["file_path_metas"]
    (folder.path / VOCABULARY).rename(folder.path / "words.json")
    path.write_text(
        json.dumps({"file_path_metas": {**metas, "tokenizer_conf": {"token_list": "words.json"}}})
    )
    features = np.random.default_rng(0).standard_normal((30, 560), dtype=np.float32)
    assert Paraformer.load(folder).transcribe([features])[0].tokens


@EVERY_DAMAGE
def test_a_checkpoint_with_a_tensor_amiss_is_refused(folder: ModelFolder, damage: Damage) -> None:
    spoil(folder.path / WEIGHTS, "predictor.blstm.weight_hh_l0_reverse", damage)
    with pytest.raises(ModelUnusable, match=WEIGHTS):
        Paraformer.load(folder)
