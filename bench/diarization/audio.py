"""Long conversations of synthetic voices, made of short ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from models.tiny.speaker.conversations import make_conversation
from shared.audio import SAMPLE_RATE

PIECE_S = 300.0
VOICES = 4


def conversation(path: Path, seconds: int) -> None:
    """Write a conversation of that length as a 16-bit WAV file; the same five minutes repeated."""
    samples, _ = make_conversation(np.random.default_rng(0), VOICES, "heldout", PIECE_S)
    missing = seconds * SAMPLE_RATE
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        while missing:
            file.write(samples[:missing])
            missing -= min(missing, len(samples))
