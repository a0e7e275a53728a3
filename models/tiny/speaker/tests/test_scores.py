from __future__ import annotations

import numpy as np
import pytest

from models.tiny.speaker.conversations import Turn
from models.tiny.speaker.diarize import cluster, error_rate
from models.tiny.speaker.scores import equal_error, pair_up
from shared.features import Array


def cloud(rng: np.random.Generator, voices: int, each: int) -> Array:
    """Embeddings of voices that are far apart, one voice after the other."""
    centres = np.eye(192, dtype=np.float32)[:voices]
    spread = 0.04 * rng.standard_normal((voices * each, 192))
    return (np.repeat(centres, each, axis=0) + spread).astype(np.float32)


def test_windows_of_one_recording_make_no_pair() -> None:
    embeddings = cloud(np.random.default_rng(0), 2, 4)
    speakers = np.repeat([0, 1], 4)
    same, different = pair_up(embeddings, speakers, np.repeat([0, 1, 2, 3], 2))
    assert same.size == 2 * 4
    assert different.size == 4 * 4
    assert same.min() > different.max()


def test_the_equal_error_is_where_both_errors_are_alike() -> None:
    rng = np.random.default_rng(0)
    low, high = rng.normal(0, 1, 4000), rng.normal(2, 1, 4000)
    assert equal_error(high.astype(np.float32), low.astype(np.float32)) == pytest.approx(
        0.159, abs=0.01
    )
    assert equal_error(np.full(9, 0.9, np.float32), np.full(9, 0.1, np.float32)) == 0


@pytest.mark.parametrize("voices", [2, 3, 5])
def test_voices_far_apart_are_told_apart_and_counted(voices: int) -> None:
    truth = np.repeat(np.arange(voices), 30)
    labels = cluster(cloud(np.random.default_rng(0), voices, 30))
    assert len(set(zip(truth, labels, strict=True))) == voices == len(set(labels))


def test_the_error_is_the_share_of_speech_of_another() -> None:
    turns = [Turn(0.0, 4.5, 0), Turn(5.0, 9.5, 1)]
    spans = [(0, 225), (225, 450), (500, 725), (725, 950)]
    assert error_rate(turns, spans, np.array([7, 7, 3, 3])) == 0
    assert error_rate(turns, spans, np.array([0, 0, 1, 0])) == pytest.approx(0.25)
    assert error_rate(turns, spans, np.array([0, 0, 0, 0])) == pytest.approx(0.5)


def test_windows_that_overlap_share_what_is_between_them() -> None:
    turns = [Turn(0.0, 2.0, 0), Turn(2.0, 4.0, 1)]
    assert error_rate(turns, [(0, 250), (150, 400)], np.array([0, 1])) == 0
