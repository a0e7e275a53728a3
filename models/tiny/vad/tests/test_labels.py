from __future__ import annotations

import numpy as np
import pytest

from models.tiny.sound.acoustics import Samples
from models.tiny.sound.labels import FRAME, HANGOVER, label_speech
from models.tiny.vad.scenes import make_scene


def bursts(*frames: tuple[int, float]) -> Samples:
    """A tone in pieces: frames of 10 ms and amplitude."""
    envelope = np.repeat([level for _, level in frames], [count * FRAME for count, _ in frames])
    return np.asarray(envelope * np.sin(0.3 * np.arange(envelope.size)), dtype=np.float32)


def test_a_pause_below_100_ms_belongs_to_the_speech() -> None:
    assert label_speech(bursts((20, 0.5), (9, 0.0), (20, 0.5))).all()


def test_a_longer_pause_is_silence_but_for_the_hangover() -> None:
    labels = label_speech(bursts((20, 0.5), (15, 0.0), (20, 0.5)))
    expected = np.ones(55, dtype=bool)
    expected[20 + HANGOVER : 35] = False
    np.testing.assert_array_equal(labels, expected)


def test_faint_sound_before_and_after_speech_is_silence() -> None:
    labels = label_speech(bursts((20, 0.001), (30, 0.5), (20, 0.001)))
    np.testing.assert_array_equal(np.flatnonzero(labels), np.arange(20, 50 + HANGOVER))


@pytest.mark.parametrize("level", [0.01, 1.0])
def test_labels_do_not_depend_on_the_level(level: float) -> None:
    speech = bursts((3, 0.0), (20, 0.3), (30, 0.002), (10, 0.1))
    np.testing.assert_array_equal(
        label_speech(speech), label_speech((level * speech).astype(np.float32))
    )


@pytest.mark.parametrize("samples", [0, FRAME - 1, 50 * FRAME])
def test_silence_holds_no_speech(samples: int) -> None:
    assert not label_speech(np.zeros(samples, np.float32)).any()


def test_a_scene_is_decided_by_its_seed() -> None:
    speech = [bursts((50, 0.5)), bursts((30, 0.2))]
    first, again, other = (
        make_scene(np.random.default_rng(seed), speech, 3.0) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.samples, again.samples)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert not np.array_equal(first.samples, other.samples)


def test_scenes_are_16_bit_audio_with_a_label_for_each_10_ms() -> None:
    speech = [bursts((50, 0.5))]
    for seed in range(20):
        scene = make_scene(np.random.default_rng(seed), speech, 2.0)
        assert scene.labels.shape == (200,)
        assert scene.samples.shape == (200 * FRAME,)
        assert np.abs(scene.samples).max() <= 1.0
        np.testing.assert_array_equal(scene.samples * 32768 % 1, 0)
