"""What is trained on is the recording moved, not another one."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from models.tiny.asr.batches import (
    FRAMES_IN_BATCH,
    IGNORED,
    MELS,
    Disturbance,
    batches,
    disturb,
    stretch,
)
from models.tiny.asr.dataset import Example
from models.tiny.asr.network import LFR_N, MODEL_FOLDER
from models.tiny.asr.pieces import read_pieces
from models.tiny.asr.utterances import Said
from shared.features import Array

GENTLE = Disturbance(noise=0.0, loudest=-2.0, colour=0.0, warp=0.0)
ROUGH = Disturbance(noise=1.0, loudest=-1.5, colour=0.6, warp=0.1)


def with_a_beep(frames: int, first: int, last: int) -> Array:
    """Near silence, and a band of energy in some frames."""
    fbank = np.full((frames, MELS), -10.0, np.float32)
    fbank[first:last, 30:34] = 5.0
    return fbank


@pytest.mark.parametrize("seed", range(8))
def test_spans_move_with_the_frames(seed: int) -> None:
    fbank, spans = with_a_beep(300, 100, 200), np.array([[1.0, 2.0]])
    moved, [(start, end)] = stretch(fbank, spans, 0.1, np.random.default_rng(seed))
    beep = np.flatnonzero(moved.max(axis=1) > 0)
    assert beep[0] / 100 == pytest.approx(start, abs=0.03)
    assert (beep[-1] + 1) / 100 == pytest.approx(end, abs=0.03)


def test_another_tract_moves_the_mels_no_further_than_told() -> None:
    fbank, spans = with_a_beep(50, 0, 50), np.empty((0, 2))
    places = [
        stretch(fbank, spans, 0.1, np.random.default_rng(seed))[0][25].argmax()
        for seed in range(50)
    ]
    assert 26 <= min(places) < 30
    assert 33 < max(places) <= 38


def test_noise_fills_what_is_quiet() -> None:
    fbank = np.full((400, MELS), -10.0, np.float32)
    fbank[100:300] = 5.0
    quiet = [
        np.median([disturb(fbank, d, np.random.default_rng(seed))[:100] for seed in range(10)])
        for d in (GENTLE, ROUGH)
    ]
    assert quiet[1] > quiet[0] + 2


def test_only_a_coloured_line_has_another_gain_for_each_mel() -> None:
    flat = np.zeros((400, MELS), np.float32)
    quiet = Disturbance(noise=0.0, loudest=-2.0, colour=0.6, warp=0.0)
    uneven = [
        np.median([
            np.median(disturb(flat, d, np.random.default_rng(seed)), axis=0).std()
            for seed in range(11)
        ])
        for d in (GENTLE, quiet)
    ]  # fmt: skip
    assert uneven[0] < 1e-3
    assert uneven[1] > 0.2


def test_batches_hold_all_there_is_to_say_and_nothing_beyond_their_room() -> None:
    span = np.array([[0.5, 0.9]])
    examples = [
        Example(with_a_beep(150, 50, 90).astype(np.float16), Said("zh", ["灯"], span)),
        Example(with_a_beep(300, 50, 90).astype(np.float16), Said("en", ["stop"], span)),
        Example(with_a_beep(200, 0, 0).astype(np.float16), Said(None, [], np.empty((0, 2)))),
    ]
    drawn = batches(examples, read_pieces(MODEL_FOLDER), ROUGH, np.random.default_rng(0))
    for batch in islice(drawn, 12):
        items, longest = batch.labels.shape
        assert batch.features.shape == (items, longest, 7 * MELS)
        assert items == 1 or items * longest <= FRAMES_IN_BATCH * 1.4  # of another rate, at most
        assert int(batch.counts.sum()) == len(batch.pieces)
        for row, length in enumerate(batch.lengths.tolist()):
            assert (batch.labels[row, :length] != IGNORED).all()
            assert (batch.labels[row, length:] == IGNORED).all()
            assert length <= 20.0 * 100 / LFR_N * 1.4
