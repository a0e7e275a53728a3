"""The filter bank in NumPy beside Kaldi's own, compiled."""

from __future__ import annotations

import time
from collections.abc import Callable

import kaldi_native_fbank as knf
import numpy as np

from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import Setting
from shared.audio import SAMPLE_RATE
from shared.decode import decode_all
from shared.features import INT16_SCALE, Array, Fbank

RUNS = 10


def measure(setting: Setting) -> Report:
    """Features of one array, and how far they are apart."""
    seconds = 60 if setting.quick else 600
    with setting.audio(seconds).open("rb") as file:
        signal = decode_all(file)
    banks: dict[str, Callable[[Array], Array]] = {
        "ours (NumPy)": Fbank(),
        "kaldi-native-fbank": kaldi,
    }
    candidates = {name: (lambda bank=bank: _timed(bank, signal)) for name, bank in banks.items()}
    found = in_turns(candidates, setting.runs or RUNS, discarded=1)
    rows = [Row(f"{length(seconds)} of audio", name, values, "s") for name, values in found.items()]
    mine, theirs = (bank(signal) for bank in banks.values())
    apart = np.abs(mine - theirs)
    difference = f"log energies differ by {apart.mean():.1e} in the mean, {apart.max():.1e} at most"
    manner = "Kaldi's frames are taken one by one: its Python interface has no other way"
    remarks = [difference, manner, *setting.remarks()]
    return Report("vad: features, 80 log mel energies", rows, remarks)


def kaldi(signal: Array) -> Array:
    """The same features from kaldi-native-fbank, with the options FunASR gives it."""
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.dither = 0.0
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = 80
    options.energy_floor = 0.0
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(SAMPLE_RATE, signal * np.float32(INT16_SCALE))
    bank.input_finished()
    return np.stack([bank.get_frame(index) for index in range(bank.num_frames_ready)])


def _timed(bank: Callable[[Array], Array], signal: Array) -> float:
    began = time.perf_counter()
    bank(signal)
    return time.perf_counter() - began
