from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.readout import prompts
from models.readout.noise import Noise
from models.readout.scenes import compressed
from models.readout.train import MODEL, WEIGHTS, Listener, averaged, fit, source
from models.tiny.vad.scenes import make_scene
from shared.audio import SAMPLE_RATE
from shared.features import Array
from shared.models.folder import locate
from tools.workspace import TINY_MODELS


def test_the_fit_finds_the_weights_that_labels_were_drawn_by() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(-3, 2, (1_000_000, 4)).astype(np.float32)
    odds = inputs @ np.array([1.0, -0.5, 0.25, 0.0]) + 2.0
    weights, bias = fit(inputs, rng.random(len(odds)) < 1 / (1 + np.exp(-odds)))
    np.testing.assert_allclose(weights, [1.0, -0.5, 0.25, 0.0], atol=0.03)
    assert bias == pytest.approx(2.0, abs=0.1)


def test_what_is_written_has_the_weights_to_four_digits() -> None:
    weights = np.random.default_rng(0).normal(0, 0.1, 248)
    found: dict[str, Any] = {}
    text = source(weights, -1.23456, (4, 62))
    exec(compile(text, "weights", "exec"), found)  # noqa: S102 - own text
    np.testing.assert_allclose(found["WEIGHTS"], weights, atol=5e-5)
    assert found["SHAPE"] == (4, 62)
    assert found["BIAS"] == -1.2346


def test_the_committed_weights_are_as_they_are_written() -> None:
    text = WEIGHTS.read_text("utf-8")
    found: dict[str, Any] = {}
    exec(compile(text, "weights", "exec"), found)  # noqa: S102 - own text
    assert source(np.array(found["WEIGHTS"]), found["BIAS"], found["SHAPE"]) == text


def test_a_folder_without_the_recordings_is_no_folder_of_packages(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="asterisk/sounds/en_US_f_Allison"):
        prompts.voices(tmp_path, "train")


def test_neighbourhoods_are_averaged_around_the_frame_that_is_labelled() -> None:
    hidden = np.arange(24, dtype=np.float32).reshape(12, 2)
    means, truth = averaged(hidden, np.arange(12) >= 7)
    np.testing.assert_array_equal(means, hidden[[2, 7]])
    np.testing.assert_array_equal(truth, [False, True])


def test_what_all_blocks_hand_on_is_heard_of_each_frame() -> None:
    listener = Listener(locate(MODEL, TINY_MODELS))
    tone = np.sin(0.3 * np.arange(2 * SAMPLE_RATE)).astype(np.float32)
    heard, part = listener.hear(tone), listener.hear(tone[:SAMPLE_RATE])
    assert heard.shape == (198, np.prod(listener.shape))
    np.testing.assert_allclose(heard[:90], part[:90], atol=1e-4)
    assert heard[:, -listener.shape[1] :].any()


def test_compression_lifts_what_is_quiet_and_leaves_what_is_loud() -> None:
    loud = np.sin(0.3 * np.arange(SAMPLE_RATE)).astype(np.float32)
    found = compressed(np.concatenate((loud, 0.01 * loud)), 0.5)
    np.testing.assert_allclose(found[1000:-1000][:14_000], loud[1000:][:14_000], atol=0.05)
    np.testing.assert_allclose(found[-14_000:-1000], 0.1 * loud[-14_000:-1000], atol=0.01)
    np.testing.assert_array_equal(compressed(np.zeros(9999, np.float32), 0.5), 0)


def test_a_scene_with_noise_is_decided_by_its_seed() -> None:
    tone = np.sin(0.3 * np.arange(20 * SAMPLE_RATE)).astype(np.float32)
    noise, speech = Noise([tone], [tone[:4000]]), [tone[:SAMPLE_RATE]]

    def samples(seed: int) -> Array:
        scene = make_scene(np.random.default_rng(seed), speech, 4.0, noise)
        assert scene.samples.shape == (4 * SAMPLE_RATE,)
        assert np.isfinite(scene.samples).all()
        return scene.samples

    for seed in range(15):
        np.testing.assert_array_equal(samples(seed), samples(seed))
    assert not np.array_equal(samples(0), samples(1))
