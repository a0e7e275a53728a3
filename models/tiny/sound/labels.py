"""Where an utterance is speech, exactly: from the energy of the dry sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.tiny.sound.acoustics import Samples
from shared.audio import SAMPLE_RATE

Labels = NDArray[np.bool_]
"""Whether each 10 ms frame is speech, of shape ``(frames,)``; frame ``t`` begins at 10 ``t`` ms."""

FRAME = SAMPLE_RATE // 100
QUIETEST_DB = -38.0  # below an utterance's loud frames: fainter frames are its pauses
SHORTEST_PAUSE = 10  # frames; stop consonants and breaks below 100 ms belong to the speech
HANGOVER = 2  # frames


def label_speech(dry: Samples) -> Labels:
    """Finds the speech in one dry utterance by energy, which is exact where there is no noise.

    A frame is speech if it is within ``QUIETEST_DB`` of the utterance's loud frames, follows such a
    frame by at most ``HANGOVER``, or lies in a pause shorter than ``SHORTEST_PAUSE``.
    """
    frames = dry[: dry.size // FRAME * FRAME].reshape(-1, FRAME)
    if not len(frames):
        return np.zeros(0, dtype=np.bool_)
    energies = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loud = float(np.quantile(energies, 0.95))
    sounding = energies > max(loud * 10 ** (QUIETEST_DB / 10), 1e-10)
    joined: Labels = ndimage.binary_closing(sounding, np.ones(SHORTEST_PAUSE))
    held = np.convolve(joined, np.ones(HANGOVER + 1))[: joined.size] > 0
    speech: Labels = sounding | held  # closing erodes at the edges
    return speech
