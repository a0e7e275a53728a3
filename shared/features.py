"""Kaldi filter-bank features of a 16 kHz signal, of a whole one or block by block.

The chain is the one FunASR's models were trained on: log mel filter bank (Kaldi's ``fbank``),
low frame rate stacking (LFR: each output frame is ``m`` neighbouring frames, every ``n``-th kept),
and a fixed mean and variance normalisation read from the model's ``am.mvn``.

Sources: Kaldi ``feat/feature-fbank.cc`` and ``feat/mel-computations.cc`` (Povey et al., "The Kaldi
speech recognition toolkit", 2011); Sak et al., "Fast and accurate recurrent neural network acoustic
models for speech recognition", 2015 (LFR).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shared.audio import SAMPLE_RATE
from shared.errors import ModelUnusable

Array = NDArray[np.float32]

INT16_SCALE = 32_768.0  # Kaldi's features are defined on samples in the range of 16-bit integers
PREEMPHASIS = 0.97
POVEY = 0.85  # the power of a Hann window that Kaldi calls "povey"
LOWEST_HZ = 20.0
FRAMES_AT_ONCE = 128  # keeps one batch of windows (256 KiB) inside a core's cache


class Fbank:
    """Log mel energies: Kaldi's ``fbank`` with ``dither=0`` and ``snip_edges``.

    Args:
        mels: number of mel bins.
        frame_ms: length of the analysis window in milliseconds.
        shift_ms: distance between windows in milliseconds.
        window: shape of the analysis window.
        full_scale: what a sample of 1.0 counts as. It moves all energies alike, but not the floor
            below which an energy is rounded up, so a network needs the one it was trained with.
    """

    def __init__(
        self,
        mels: int = 80,
        frame_ms: int = 25,
        shift_ms: int = 10,
        window: Literal["hamming", "povey"] = "hamming",
        full_scale: float = INT16_SCALE,
    ) -> None:
        self.mels = mels
        self.length = SAMPLE_RATE * frame_ms // 1000
        self.shift = SAMPLE_RATE * shift_ms // 1000
        self._fft = 1 << (self.length - 1).bit_length()
        shape = np.hamming(self.length) if window == "hamming" else np.hanning(self.length) ** POVEY
        self._window = (shape * full_scale).astype(np.float32)
        self._bank = _mel_bank(mels, self._fft)

    def count(self, samples: int) -> int:
        """Number of whole frames in that many samples."""
        return 0 if samples < self.length else 1 + (samples - self.length) // self.shift

    def __call__(self, signal: Array) -> Array:
        """Log mel energies of every whole frame.

        Args:
            signal: shape (samples,), full scale is 1.0.

        Returns:
            Shape (frames, mels).
        """
        frames = self.count(len(signal))
        energies = np.empty((frames, self.mels), dtype=np.float32)
        if not frames:
            return energies
        windows = np.lib.stride_tricks.sliding_window_view(signal, self.length)[:: self.shift]
        padded = np.zeros((min(frames, FRAMES_AT_ONCE), self._fft), dtype=np.float32)
        for first in range(0, frames, FRAMES_AT_ONCE):
            batch = windows[first : first + FRAMES_AT_ONCE]
            energies[first : first + len(batch)] = self._energies(batch, padded[: len(batch)])
        np.maximum(energies, np.finfo(np.float32).eps, out=energies)
        return np.log(energies, out=energies)

    def _energies(self, windows: Array, padded: Array) -> Array:
        centred = windows - windows.mean(axis=1, keepdims=True)
        body = padded[:, : self.length]
        np.multiply(centred[:, :-1], -PREEMPHASIS, out=body[:, 1:])
        body[:, 1:] += centred[:, 1:]
        np.multiply(centred[:, 0], 1 - PREEMPHASIS, out=body[:, 0])
        body *= self._window
        spectrum = np.fft.rfft(padded)
        power = np.square(spectrum.real)
        power += np.square(spectrum.imag)
        return power @ self._bank


def _mel_bank(mels: int, fft: int) -> Array:
    """Triangular filters, evenly spaced on the mel scale from 20 Hz to the Nyquist frequency."""

    def mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1127.0 * np.log1p(hz / 700.0)

    lowest, highest = mel(np.array([LOWEST_HZ, SAMPLE_RATE / 2]))
    edges = np.linspace(float(lowest), float(highest), mels + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bins = mel(np.linspace(0, SAMPLE_RATE / 2, fft // 2 + 1))[:, None]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    bank: Array = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    bank[-1] = 0.0  # Kaldi leaves the Nyquist bin out
    return bank


@dataclass(frozen=True, slots=True)
class Cmvn:
    """Normalisation of a feature vector: ``(x + shift) * scale``, both of shape (dim,)."""

    shift: Array
    scale: Array

    @classmethod
    def read(cls, path: Path) -> Cmvn:
        """Read Kaldi's nnet text format (``am.mvn``).

        Raises:
            ModelUnusable: the file holds no <AddShift> and <Rescale> of one length.
        """
        rows: dict[str, Array] = {}
        component = ""
        with suppress(ValueError):  # of text or of numbers; rows that are missing tell
            for line in path.read_text(encoding="utf-8").splitlines():
                words = line.split()
                if words and words[0] == "<LearnRateCoef>":
                    rows[component] = np.array(words[3:-1], dtype=np.float32)
                elif words:
                    component = words[0]
        shift, scale = rows.get("<AddShift>"), rows.get("<Rescale>")
        if shift is None or scale is None or shift.shape != scale.shape:
            raise ModelUnusable(f"{path.name} is not a mean and variance file")
        return cls(shift, scale)

    def check(self, width: int) -> None:
        """Raise ModelUnusable unless it normalises vectors of that many values."""
        if len(self.shift) != width:
            raise ModelUnusable(
                f"normalisation of {len(self.shift)} values for features of {width}"
            )

    def __call__(self, vectors: Array) -> Array:
        """Normalised copies of vectors, shape (count, dim)."""
        normalised: Array = vectors + self.shift
        normalised *= self.scale
        return normalised


class StackedFeatures:
    """Features of a whole signal, thinned.

    Args:
        fbank: the filter bank.
        cmvn: normalisation of vectors of ``lfr_m * fbank.mels`` values.
        lfr_m: neighbouring frames stacked into one, around the frame they stand for; the first and
            the last are repeated at the edges.
        lfr_n: every how many frames one is kept.
    """

    def __init__(self, fbank: Fbank, cmvn: Cmvn, lfr_m: int, lfr_n: int) -> None:
        self.width = lfr_m * fbank.mels
        cmvn.check(self.width)
        self._fbank = fbank
        self._cmvn = cmvn
        self._offsets = np.arange(lfr_m) - (lfr_m - 1) // 2
        self._n = lfr_n

    def __call__(self, signal: Array) -> Array:
        """Features, shape (frames / lfr_n rounded up, lfr_m * mels), of samples (samples,)."""
        frames = self._fbank(signal)
        kept = np.arange(0, len(frames), self._n)
        stacked = frames[np.clip(kept[:, None] + self._offsets, 0, len(frames) - 1)]
        return self._cmvn(stacked.reshape(-1, self.width))


class FeatureStream:
    """Features of one recording that arrives in blocks.

    The frames are the same however the recording is cut into blocks.

    Args:
        fbank: the filter bank.
        cmvn: normalisation of vectors of ``lfr_m * fbank.mels`` values.
        lfr_m: neighbouring frames stacked into one; the first frame and the last are repeated at
            the edges. Frames are not thinned (LFR ``n`` = 1).
    """

    def __init__(self, fbank: Fbank, cmvn: Cmvn, lfr_m: int) -> None:
        cmvn.check(lfr_m * fbank.mels)
        self._fbank = fbank
        self._cmvn = cmvn
        self._m = lfr_m
        self._samples: Array = np.empty(0, dtype=np.float32)
        self._frames: Array = np.empty((0, fbank.mels), dtype=np.float32)
        self._started = False

    def stream(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """Yield features, shape (frames, lfr_m * mels), as blocks of samples come in.

        A block waits for the next, as the few frames of the end are worth no array of their own.
        """
        waiting: Array = np.empty(0, dtype=np.float32)
        for block in blocks:
            yield self._push(waiting)
            waiting = block
        yield np.concatenate((self._push(waiting), self._finish()))

    def _push(self, block: Array) -> Array:
        signal = np.concatenate((self._samples, block)) if len(self._samples) else block
        frames = self._fbank(signal)
        self._samples = signal[len(frames) * self._fbank.shift :].copy()
        if not self._started and len(frames):
            self._started = True
            frames = np.concatenate((np.repeat(frames[:1], (self._m - 1) // 2, axis=0), frames))
        return self._stack(frames)

    def _finish(self) -> Array:
        return self._stack(np.repeat(self._frames[-1:], self._m // 2, axis=0))

    def _stack(self, frames: Array) -> Array:
        frames = np.concatenate((self._frames, frames))
        count = max(0, len(frames) - self._m + 1)
        self._frames = frames[count:].copy()
        width = self._m * self._fbank.mels
        if not count:
            return np.empty((0, width), dtype=np.float32)
        stacked = np.lib.stride_tricks.sliding_window_view(frames.reshape(-1), width)
        return self._cmvn(stacked[:: self._fbank.mels])
