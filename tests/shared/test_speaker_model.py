"""Embeddings are unmodified funasr's, and a folder of another model stops the start."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kaldi_native_fbank as knf
import numpy as np
import pytest
import yaml

from shared.errors import ModelUnusable
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.speaker import CamPlus
from tests.checkpoints import EVERY_DAMAGE, Damage, spoil
from tests.funasr_campplus import (
    FULL_SIZE,
    WEIGHTS,
    reference_embedding,
    reference_network,
    voice_like,
    write_random_model,
)

MODEL = "iic/speech_campplus_sv_zh-cn_16k-common"
WINDOW = 24_000  # samples


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("campplus")
    write_random_model(path)
    return path


@pytest.fixture(scope="module")
def embedder(made: Path) -> CamPlus:
    return CamPlus.load(ModelFolder(MODEL, made, None))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> ModelFolder:
    shutil.copytree(made, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


def assert_same(ours: Array, theirs: Array) -> None:
    assert np.linalg.norm(ours - theirs) < 1e-4 * np.linalg.norm(theirs)


def kaldi(samples: Array) -> Array:
    """The features kaldi-native-fbank gives where funasr names nothing but the number of bins."""
    options = knf.FbankOptions()
    options.frame_opts.dither = 0.0
    options.mel_opts.num_bins = 80
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(16_000, samples)
    bank.input_finished()
    return np.stack([bank.get_frame(index) for index in range(bank.num_frames_ready)])


@pytest.mark.parametrize("level", [1.0, 1e-3])
def test_features_are_kaldis(embedder: CamPlus, level: float) -> None:
    samples = (level * voice_like(3.0)).astype(np.float32)
    np.testing.assert_allclose(embedder.features(samples), kaldi(samples), atol=2e-3)


def test_features_of_a_window_are_a_slice_of_its_segments(embedder: CamPlus) -> None:
    samples = voice_like(4.0)
    whole = embedder.features(samples)
    window = embedder.features(samples[12_000 : 12_000 + WINDOW])
    np.testing.assert_allclose(whole[75 : 75 + len(window)], window, atol=1e-4)


def test_embeddings_are_funasrs(made: Path, embedder: CamPlus) -> None:
    reference = reference_network(FULL_SIZE, made / WEIGHTS)
    windows = [voice_like(seconds, seed) for seed, seconds in enumerate((1.5, 0.2, 2.6, 5.3))]
    ours = embedder.embed(embedder.features(window) for window in windows)
    assert ours.shape == (4, embedder.size) == (4, 192)
    assert ours.dtype == np.float32
    for window, embedding in zip(windows, ours, strict=True):
        assert_same(embedding, reference_embedding(reference, window))


def test_what_goes_through_the_network_together_does_not_matter(embedder: CamPlus) -> None:
    features = embedder.features(voice_like(12.0))
    lengths = [148, 60, 148, 3, 60, *[148] * 20, 101]
    windows = [features[10 * n : 10 * n + length] for n, length in enumerate(lengths)]
    together = embedder.embed(iter(windows))
    for window, embedding in zip(windows, together, strict=True):
        assert_same(embedding, embedder.embed([window])[0])


def test_a_windows_level_does_not_matter(embedder: CamPlus) -> None:
    features = embedder.features(voice_like(1.5))
    loud, faint = embedder.embed([features, features - 3.0])
    assert_same(loud, faint)


def test_the_features_are_left_as_they_were(embedder: CamPlus) -> None:
    features = embedder.features(voice_like(1.5))
    before = features.copy()
    embedder.embed([features])
    np.testing.assert_array_equal(features, before)


def test_no_windows_have_no_embeddings(embedder: CamPlus) -> None:
    assert embedder.embed([]).shape == (0, 192)


def test_two_frames_are_no_window(embedder: CamPlus) -> None:
    with pytest.raises(ValueError, match="2 frames"):
        embedder.embed([np.zeros((2, 80), np.float32)])


def test_modelscopes_older_layout_is_understood(folder: ModelFolder, embedder: CamPlus) -> None:
    (folder.path / "config.yaml").unlink()
    sizes = {"sample_rate": 16_000, "fbank_dim": 80, "emb_size": 192}
    model = {"type": "cam++-sv", "model_config": sizes, "pretrained_model": WEIGHTS}
    (folder.path / "configuration.json").write_text(json.dumps({"model": model}))
    window = embedder.features(voice_like(1.5))
    assert_same(CamPlus.load(folder).embed([window])[0], embedder.embed([window])[0])


def rewrite(folder: ModelFolder, change: dict[str, Any]) -> None:
    path = folder.path / "config.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "ERes2Net"}, "CAMPPlus"),
        ({"model_conf": []}, "model_conf"),
        ({"model_conf": {"feat_dim": "many"}}, "feat_dim"),
        ({"model_conf": {"config_str": "batchnorm-prelu"}}, "config_str"),
        ({"model_conf": {"output_level": "frame"}}, "output_level"),
        ({"model_conf": {"growth_rate": 16}}, "size mismatch"),
        ({"model_conf": {"embedding_size": 512}}, "size mismatch"),
        ({"frontend_conf": {"fs": 8_000}}, "fs"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, change: dict[str, Any], named: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(ModelUnusable) as caught:
        CamPlus.load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("text", ["{}", '{"model": {"type": "funasr"}}', "[]", "{"])
def test_without_a_configuration_there_is_no_model(folder: ModelFolder, text: str) -> None:
    (folder.path / "config.yaml").unlink()
    (folder.path / "configuration.json").write_text(text)
    with pytest.raises(ModelUnusable):
        CamPlus.load(folder)


@EVERY_DAMAGE
def test_a_checkpoint_with_a_tensor_amiss_is_refused(folder: ModelFolder, damage: Damage) -> None:
    spoil(folder.path / WEIGHTS, "xvector.block2.tdnnd7.cam_layer.linear_local.weight", damage)
    with pytest.raises(ModelUnusable, match=WEIGHTS):
        CamPlus.load(folder)


def test_nothing_heavy_is_imported_before_a_model_is_loaded() -> None:
    script = "import sys, shared.nets.speaker; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"torch", "funasr", "scipy", "torchaudio"} & set(done.stdout.split())
