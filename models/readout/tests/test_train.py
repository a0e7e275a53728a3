from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.readout.noise import Noise
from models.readout.train import WEIGHTS, fit, source
from models.tiny.vad.scenes import make_scene
from shared.audio import SAMPLE_RATE
from shared.features import Array


def test_the_fit_finds_the_weights_that_labels_were_drawn_by() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(-3, 2, (100_000, 4)).astype(np.float32)
    odds = inputs @ np.array([1.0, -0.5, 0.25, 0.0]) + 2.0
    weights, bias = fit(inputs, rng.random(len(odds)) < 1 / (1 + np.exp(-odds)))
    np.testing.assert_allclose(weights, [1.0, -0.5, 0.25, 0.0], atol=0.03)
    assert bias == pytest.approx(2.0, abs=0.1)


def test_what_is_written_has_the_weights_to_four_digits() -> None:
    weights = np.random.default_rng(0).normal(0, 0.1, 248)
    found: dict[str, Any] = {}
    exec(compile(source(weights, -1.23456), "weights", "exec"), found)  # noqa: S102 - own text
    np.testing.assert_allclose(found["WEIGHTS"], weights, atol=5e-5)
    assert found["BIAS"] == -1.2346


def test_the_committed_weights_are_as_they_are_written() -> None:
    text = WEIGHTS.read_text("utf-8")
    found: dict[str, Any] = {}
    exec(compile(text, "weights", "exec"), found)  # noqa: S102 - own text
    assert source(np.array(found["WEIGHTS"]), found["BIAS"]) == text


def test_a_scene_with_noise_is_decided_by_its_seed() -> None:
    tone = np.sin(0.3 * np.arange(20 * SAMPLE_RATE)).astype(np.float32)
    noise, speech = Noise([tone]), [tone[:SAMPLE_RATE]]

    def samples(seed: int) -> Array:
        scene = make_scene(np.random.default_rng(seed), speech, 4.0, noise)
        assert scene.samples.shape == (4 * SAMPLE_RATE,)
        assert np.isfinite(scene.samples).all()
        return scene.samples

    for seed in range(15):
        np.testing.assert_array_equal(samples(seed), samples(seed))
    assert not np.array_equal(samples(0), samples(1))
