"""Features are Kaldi's, and the same however a recording is cut into blocks."""

from __future__ import annotations

from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tiny.funasr import funasr_class
from shared.errors import ModelUnusable
from shared.features import Array, Cmvn, Fbank, FeatureStream, StackedFeatures

FBANK = Fbank()
CMVN = Cmvn(np.full(400, -8.0, np.float32), np.full(400, 0.2, np.float32))


def kaldi(signal: Array) -> Array:
    """The same features from kaldi-native-fbank, with the options FunASR gives it."""
    options = knf.FbankOptions()
    options.frame_opts.dither = 0.0
    options.frame_opts.window_type = "hamming"
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = 80
    options.energy_floor = 0.0
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(16_000, (signal * 32_768).astype(np.float32))
    bank.input_finished()
    return np.stack([bank.get_frame(index) for index in range(bank.num_frames_ready)])


def noise(samples: int, level: float = 0.1) -> Array:
    return np.random.default_rng(1).normal(0, level, samples).astype(np.float32)


@pytest.mark.parametrize("level", [0.3, 1e-3])
def test_the_filter_bank_is_kaldis(level: float) -> None:
    signal = noise(48_000, level)
    np.testing.assert_allclose(FBANK(signal), kaldi(signal), atol=2e-3)
    assert np.abs(FBANK(signal) - kaldi(signal)).mean() < 1e-5


def test_a_tone_and_digital_silence_are_kaldis_too() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)
    signal = np.concatenate((tone, np.zeros(8_000, np.float32)))
    assert np.abs(FBANK(signal) - kaldi(signal)).mean() < 0.02
    assert np.array_equal(FBANK(np.zeros(800, np.float32)), kaldi(np.zeros(800, np.float32)))


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_only_whole_frames_count(samples: int, frames: int) -> None:
    assert FBANK(noise(samples)).shape == (frames, 80)
    assert FBANK.count(samples) == frames


def test_stacked_frames_repeat_the_first_and_the_last() -> None:
    signal = noise(1_200)
    frames = FBANK(signal)
    (*_, last) = features = np.concatenate(list(FeatureStream(FBANK, CMVN, 5).stream([signal])))
    assert features.shape == (len(frames), 400)
    first = np.concatenate((frames[0], frames[0], frames[0], frames[1], frames[2]))
    np.testing.assert_array_equal(features[0], (first - 8) * np.float32(0.2))
    np.testing.assert_array_equal(last[-80:], (frames[-1] - 8) * np.float32(0.2))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 60, 61, 65])
def test_thinned_features_are_funasrs(frames: int) -> None:
    cmvn = Cmvn(np.zeros(560, np.float32), np.ones(560, np.float32))
    signal = noise(400 + 160 * (frames - 1))
    lfr = funasr_class("funasr.frontends.wav_frontend", "apply_lfr")
    expected = lfr(torch.from_numpy(FBANK(signal)), 7, 6).numpy()
    np.testing.assert_array_equal(StackedFeatures(FBANK, cmvn, 7, 6)(signal), expected)


def test_features_of_less_than_a_window_are_none() -> None:
    cmvn = Cmvn(np.zeros(560, np.float32), np.ones(560, np.float32))
    assert StackedFeatures(FBANK, cmvn, 7, 6)(noise(399)).shape == (0, 560)


def test_unthinned_features_are_those_of_a_stream() -> None:
    (*_, last) = stream = list(FeatureStream(FBANK, CMVN, 5).stream([noise(9_000)]))
    assert len(last)
    whole = StackedFeatures(FBANK, CMVN, 5, 1)(noise(9_000))
    np.testing.assert_allclose(whole, np.concatenate(stream), atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3_000), max_size=8))
def test_cutting_a_recording_into_blocks_changes_nothing(sizes: list[int]) -> None:
    signal = noise(sum(sizes))
    blocks = np.split(signal, np.cumsum(sizes)[:-1]) if sizes else []
    whole = list(FeatureStream(FBANK, CMVN, 5).stream([signal]))
    pieces = list(FeatureStream(FBANK, CMVN, 5).stream(blocks))
    np.testing.assert_allclose(np.concatenate(pieces), np.concatenate(whole), atol=1e-5)


def test_a_mean_and_variance_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "am.mvn"
    path.write_text(
        "<Nnet>\n<Splice> 2 2\n[ 0 ]\n<AddShift> 2 2\n<LearnRateCoef> 0 [ -1.5 2 ]\n"
        "<Rescale> 2 2\n<LearnRateCoef> 0 [ 0.5 0.25 ]\n</Nnet>\n"
    )
    cmvn = Cmvn.read(path)
    assert cmvn.shift.tolist() == [-1.5, 2.0]
    assert cmvn.scale.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<Nnet>\n</Nnet>\n",
        "<AddShift> 1 1\n<LearnRateCoef> 0 [ 1 ]\n",
        "<AddShift> 1 1\n<LearnRateCoef> 0 [ x ]\n<Rescale> 1 1\n<LearnRateCoef> 0 [ 1 ]\n",
        "\udcff",
    ],
)
def test_any_other_file_is_no_mean_and_variance(tmp_path: Path, text: str) -> None:
    path = tmp_path / "am.mvn"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ModelUnusable):
        Cmvn.read(path)


def test_a_normalisation_of_another_size_is_refused() -> None:
    with pytest.raises(ModelUnusable, match="400"):
        FeatureStream(FBANK, CMVN, 7)
