"""Recordings are cut where nobody speaks, and batches hold stretches of like length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.asr.chunks import quiet_cuts
from shared.audio import SAMPLE_RATE
from shared.nets.asr.parts import parts


def test_without_a_vad_nothing_is_left_out() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 100_000).astype(np.float32)
    chunks = list(quiet_cuts(np.array_split(samples, 13), 30_000))
    np.testing.assert_array_equal(np.concatenate([chunk.samples for chunk in chunks]), samples)
    assert max(len(chunk.samples) for chunk in chunks) <= 30_000
    assert chunks[0].start_ms == 0


def test_a_recording_is_cut_in_its_pauses() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 20 * SAMPLE_RATE).astype(np.float32)
    for pause in (7, 14):
        samples[pause * SAMPLE_RATE : pause * SAMPLE_RATE + 4_000] *= 0.01
    cuts = [chunk.start_ms for chunk in quiet_cuts([samples], 10 * SAMPLE_RATE)]
    assert cuts == [0, pytest.approx(7_125, abs=80), pytest.approx(14_125, abs=80)]


def test_an_empty_recording_has_no_stretch() -> None:
    assert list(quiet_cuts([], 1_000)) == list(quiet_cuts([np.zeros(0, np.float32)], 1_000)) == []


@given(st.lists(st.integers(0, 500), max_size=60), st.integers(1, 1_000))
def test_every_stretch_is_in_one_batch_and_no_batch_is_too_large(
    lengths: list[int], most: int
) -> None:
    found = list(parts(lengths, most))
    heard = [number for number, length in enumerate(lengths) if length]
    assert sorted(number for batch in found for number in batch) == heard
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[n] for n in batch) <= most


def test_stretches_of_like_length_go_together() -> None:
    lengths = [100, 10] * 8
    padded = sum(len(b) * max(lengths[n] for n in b) for b in parts(lengths, 400))
    assert padded <= sum(lengths) * 1.2
