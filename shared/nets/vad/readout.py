"""How sure the network is of speech, read out from all of its blocks.

FSMN-VAD has one output for silence and 247 for parts of speech, and FunASR counts all of these as
speech. Some of them are what the network makes of noise. What its blocks hand on knows more than
its outputs: a linear read-out weighs all of it, by weights that were fitted to frames of known
labels (``models/readout``), and what it gives are log odds.

Source: Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shared.features import Array
from shared.nets.vad.readout_weights import BIAS, SHAPE, WEIGHTS
from shared.nets.vad.sizes import FsmnSizes

LEAST = 1e-7  # probabilities below are rounded up to it


class ReadOut(NamedTuple):
    """Log odds of speech are ``bias`` and what all blocks hand on, weighed.

    Attributes:
        weights: shape (blocks, width).
        bias: the log odds where no block hands on anything.
    """

    weights: Array
    bias: float


def read_out(sizes: FsmnSizes) -> ReadOut | None:
    """That of the real network; there is none for others, as the tiny one."""
    shape = sizes.fsmn_layers, sizes.linear_dim
    weights = np.array(WEIGHTS, dtype=np.float32)
    return ReadOut(weights.reshape(shape), BIAS) if shape == SHAPE else None


def odds_against(silence: Array) -> Array:
    """Log odds of speech by probabilities of silence alone, both of shape (frames,)."""
    return _log(1 - silence) - _log(silence)


def _log(probabilities: Array) -> Array:
    return np.log(np.maximum(probabilities, np.float32(LEAST)))
