"""Windows of one speaker get one label, whatever their number; the same ones always."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.diarization.clustering import BLOCK, FEW, Speakers, cluster
from services.diarization.clustering.vectors import Labels, Vectors, unit

ALIKE = 0.78
SIZE = 192
ANY = Speakers()


def voices(rng: np.random.Generator, truth: Labels, spread: float = 1.0) -> Vectors:
    """Embeddings as a network gives them: a direction per speaker and as much that is not.

    With ``spread`` 1 two windows of one speaker have a cosine of about 0.5, of two speakers 0.
    """
    centres = rng.normal(size=(int(truth.max(initial=0)) + 1, SIZE))
    return unit(centres[truth] + spread * rng.normal(size=(len(truth), SIZE)))


def similar(rng: np.random.Generator, truth: Labels, likeness: float) -> Vectors:
    """Embeddings of two voices whose centres have that cosine."""
    common, *own = rng.normal(size=(3, SIZE))
    centres = [likeness**0.5 * common + (1 - likeness) ** 0.5 * one for one in own]
    noise = 0.8 * rng.normal(size=(len(truth), SIZE))
    return unit(np.stack(centres)[truth] + noise)


def turns(rng: np.random.Generator, speakers: int, windows: int) -> Labels:
    """Who speaks in each window: in turns of some windows, everyone at least once."""
    order = [*range(speakers), *rng.integers(speakers, size=windows)]
    lengths = rng.integers(2, 9, size=len(order))
    return np.repeat(order, lengths)[:windows].astype(np.int64)


def agreement(found: Labels, truth: Labels) -> float:
    """The share of windows that are right when each label stands for its commonest speaker."""
    right = sum(np.bincount(truth[found == label]).max() for label in np.unique(found))
    return float(right) / len(truth)


@pytest.mark.parametrize("speakers", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("windows", [120, 400, 2 * BLOCK + 100])
def test_speakers_are_counted_and_told_apart(speakers: int, windows: int) -> None:
    rng = np.random.default_rng(speakers * windows)
    truth = turns(rng, speakers, windows)
    found = cluster(voices(rng, truth), ANY, ALIKE)
    assert found.max() + 1 == truth.max() + 1
    assert agreement(found, truth) > 0.99


@pytest.mark.parametrize("spread", [0.6, 0.9, 1.3])
def test_the_count_does_not_depend_on_how_noisy_the_windows_are(spread: float) -> None:
    rng = np.random.default_rng(4)
    truth = turns(rng, 3, 150)
    found = cluster(voices(rng, truth, spread), ANY, ALIKE)
    assert found.max() + 1 == 3
    assert agreement(found, truth) > 0.99


@pytest.mark.parametrize(("likeness", "expected"), [(0.5, 2), (0.9, 1)])
def test_voices_may_have_something_in_common(likeness: float, expected: int) -> None:
    """The likeness is the cosine of the voices themselves, without what varies in the windows."""
    rng = np.random.default_rng(5)
    truth = turns(rng, 2, 120)
    found = cluster(similar(rng, truth, likeness), ANY, ALIKE)
    assert found.max() + 1 == expected


def test_a_voice_that_changes_within_a_stretch_of_speech_stays_one() -> None:
    rng = np.random.default_rng(6)
    manner = np.arange(120) // 2 % 2  # three seconds of either, over and over
    windows = similar(rng, manner, 0.65)
    assert cluster(windows, ANY, ALIKE).max() + 1 == 2
    assert cluster(windows, ANY, ALIKE, np.ones(120, dtype=np.bool_)).max() + 1 == 1


def test_two_who_answer_without_a_pause_stay_two() -> None:
    rng = np.random.default_rng(7)
    truth = np.arange(120) // 2 % 2
    found = cluster(similar(rng, truth, 0.3), ANY, ALIKE, np.ones(120, dtype=np.bool_))
    assert found.tolist() == truth.tolist()


def test_hours_take_no_more_memory_than_minutes() -> None:
    peaks = [peak_of_clustering(blocks * BLOCK) for blocks in (1, 8)]
    assert peaks[1] < 1.1 * peaks[0]


def peak_of_clustering(windows: int) -> int:
    """Bytes at most that are in use beside the embeddings."""
    rng = np.random.default_rng(8)
    embeddings = voices(rng, turns(rng, 4, windows))
    tracemalloc.start()
    cluster(embeddings, ANY, ALIKE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_no_window_has_no_label() -> None:
    assert cluster(np.zeros((0, SIZE), dtype=np.float32), ANY, ALIKE).shape == (0,)


def test_one_window_is_one_speaker() -> None:
    rng = np.random.default_rng(0)
    one = unit(rng.normal(size=(1, SIZE)))
    assert cluster(one, ANY, ALIKE).tolist() == [0]


@pytest.mark.parametrize("windows", [2, 3, 5, FEW, FEW + 1, 15])
@pytest.mark.parametrize("speakers", [1, 2])
def test_a_few_seconds_are_enough_to_tell_one_speaker_from_two(windows: int, speakers: int) -> None:
    rng = np.random.default_rng(windows)
    truth = np.sort(np.arange(windows) % speakers)
    found = cluster(voices(rng, truth, 0.7), ANY, ALIKE)
    assert found.tolist() == truth.tolist()


@pytest.mark.parametrize("windows", [3, 6, 40, 300, BLOCK + 5])
@pytest.mark.parametrize("asked", [1, 2, 4, 6])
def test_as_many_speakers_are_found_as_were_asked_for(windows: int, asked: int) -> None:
    rng = np.random.default_rng(asked)
    truth = turns(rng, 3, windows)
    found = cluster(voices(rng, truth), Speakers(asked, asked), ALIKE)
    assert len(np.unique(found)) == min(asked, windows)


def test_bounds_hold() -> None:
    rng = np.random.default_rng(3)
    truth = turns(rng, 4, 200)
    embeddings = voices(rng, truth)
    assert cluster(embeddings, Speakers(1, 2), ALIKE).max() + 1 == 2
    assert cluster(embeddings, Speakers(6, 9), ALIKE).max() + 1 >= 6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200), st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_labels_are_numbered_by_first_appearance_and_always_the_same(
    windows: int, seed: int, least: int
) -> None:
    embeddings = unit(np.random.default_rng(seed).normal(size=(windows, 8)))
    found = cluster(embeddings, Speakers(least, 15), ALIKE)
    assert found.tolist() == cluster(embeddings.copy(), Speakers(least, 15), ALIKE).tolist()
    first = [int(np.flatnonzero(found == n)[0]) for n in range(int(found.max(initial=-1)) + 1)]
    assert first == sorted(first)
    assert len(first) >= min(least, windows)


@pytest.mark.parametrize("kind", ["equal", "zero"])
def test_windows_that_do_not_differ_are_one_speaker(kind: str) -> None:
    row = np.ones(SIZE) if kind == "equal" else np.zeros(SIZE)
    found = cluster(unit(np.tile(row, (50, 1))), ANY, ALIKE)
    assert kind == "zero" or found.max() == 0
    assert len(found) == 50
