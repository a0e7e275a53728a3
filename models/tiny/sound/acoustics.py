"""What lies between a mouth and a file: rooms, lines, levels and 16-bit samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from shared.audio import SAMPLE_RATE

Samples = NDArray[np.float32]
"""Mono audio at ``SAMPLE_RATE``, in [-1, 1], of shape ``(samples,)``."""

Wave = NDArray[np.floating[Any]]
"""Audio on its way there, at any scale."""


def decibels_to_gain(decibels: float) -> float:
    """The amplitude ratio of a level difference."""
    return float(10.0 ** (decibels / 20.0))


def rms(wave: Wave) -> float:
    """Root mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) if wave.size else 0.0


def unit(wave: Wave) -> Samples:
    """The wave at an RMS of 1 (silence stays silence)."""
    return (wave / max(rms(wave), 1e-9)).astype(np.float32)


def reverberate(samples: Samples, rng: np.random.Generator) -> Samples:
    """Puts the samples in a room: the direct sound, then exponentially decaying noise.

    Polack's statistical model of late reverberation, with a decay of 60 dB in 0.1 to 0.8 s. The
    direct sound stays where it was, so labels of the dry speech stay true.
    """
    decay = float(rng.uniform(0.1, 0.8))
    length = int(decay * SAMPLE_RATE)
    tail = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    tail[: int(rng.uniform(0.001, 0.02) * SAMPLE_RATE)] = 0.0
    response = tail * decibels_to_gain(-rng.uniform(0.0, 15.0)) / np.linalg.norm(tail)
    response[0] = 1.0
    wet: Samples = signal.fftconvolve(samples, response)[: samples.size].astype(np.float32)
    return wet


def limit_band(samples: Samples, rng: np.random.Generator) -> Samples:
    """Passes the samples through a telephone line (mu-law, ITU-T G.711) or a duller microphone."""
    if rng.random() < 0.5:
        edges = (rng.uniform(200, 350), rng.uniform(3200, 3700))
        return _mu_law(_butterworth(samples, edges, "bandpass"))
    return _butterworth(samples, rng.uniform(3000, 7500), "lowpass")


def set_level(samples: Samples, peak_dbfs: float) -> Samples:
    """Scales the loudest 0.1 % of samples to a level, clips, and rounds to 16 bits."""
    peak = float(np.quantile(np.abs(samples), 0.999))
    scaled = samples * (decibels_to_gain(peak_dbfs) / max(peak, 1e-9))
    rounded: Samples = (np.round(np.clip(scaled, -1.0, 1.0) * 32767) / 32768).astype(np.float32)
    return rounded


def _butterworth(samples: Samples, edges: float | tuple[float, float], kind: str) -> Samples:
    sections = signal.butter(4, edges, kind, fs=SAMPLE_RATE, output="sos")
    filtered: Samples = signal.sosfilt(sections, samples).astype(np.float32)
    return filtered


def _mu_law(samples: Samples, mu: float = 255.0) -> Samples:
    peak = max(float(np.abs(samples).max()), 1e-9)
    compressed = np.sign(samples) * np.log1p(mu * np.abs(samples) / peak) / np.log1p(mu)
    steps = np.round(compressed * 127) / 127
    expanded = np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(mu)) / mu * peak
    return np.asarray(expanded, dtype=np.float32)
