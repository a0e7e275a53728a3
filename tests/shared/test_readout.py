"""How sure the network is of speech, from its probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from shared.features import Array
from shared.nets.vad.readout import speech_odds
from shared.nets.vad.readout_weights import BIAS, WEIGHTS


def probabilities(frames: int, outputs: int) -> Array:
    logits = np.random.default_rng(0).normal(0, 2, (frames, outputs))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def test_the_real_networks_outputs_are_weighed_by_their_logarithms() -> None:
    found = probabilities(50, 248)
    expected = np.log(np.maximum(found, 1e-7).astype(np.float64)) @ np.array(WEIGHTS) + BIAS
    np.testing.assert_allclose(speech_odds(found, [0]), expected, atol=1e-3)


@pytest.mark.parametrize("silence", [[0], [2, 0]])
def test_of_another_network_only_silence_counts(silence: list[int]) -> None:
    found = probabilities(50, 9)
    quiet = found[:, silence].sum(axis=1)
    np.testing.assert_allclose(speech_odds(found, silence), np.log(1 / quiet - 1), atol=1e-3)


@pytest.mark.parametrize("outputs", [2, 248])
def test_a_network_that_is_quite_sure_gives_a_number(outputs: int) -> None:
    sure = np.eye(outputs, dtype=np.float32)
    found = speech_odds(sure, [0])
    assert np.isfinite(found).all()
    assert found[0] < found[1:].min()


def test_no_frames_have_no_odds() -> None:
    assert speech_odds(np.zeros((0, 248), dtype=np.float32), [0]).shape == (0,)
