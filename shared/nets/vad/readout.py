"""How sure the network is of speech, read out from all of its outputs.

FSMN-VAD has one output for silence and 247 for parts of speech, and FunASR counts all of these as
speech. Some of them are what the network makes of noise. A linear read-out knows which: it weighs
the logarithms of all probabilities, by weights that were fitted to frames of known labels
(``models/readout``), and what it gives are log odds.

Source: Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.features import Array
from shared.nets.vad.readout_weights import BIAS, WEIGHTS

LEAST = 1e-7  # probabilities below are rounded up to it
_WEIGHTS = np.array(WEIGHTS, dtype=np.float32)


def speech_odds(posteriors: Array, silence: Sequence[int]) -> Array:
    """Log odds of speech of each frame.

    The weights are those of the network with 248 outputs. Of another, as the tiny one, the
    probability of silence is all that counts.

    Args:
        posteriors: probabilities of the network's outputs, shape (frames, outputs).
        silence: the outputs that stand for silence.

    Returns:
        Shape (frames,), natural logarithms.
    """
    if posteriors.shape[1] == len(_WEIGHTS):
        return log(posteriors) @ _WEIGHTS + np.float32(BIAS)
    quiet = posteriors[:, silence].sum(axis=1)
    return log(1 - quiet) - log(quiet)


def log(probabilities: Array) -> Array:
    """Natural logarithms; ``LEAST`` in the place of what is less."""
    floored = np.maximum(probabilities, np.float32(LEAST))
    return np.log(floored, out=floored)
