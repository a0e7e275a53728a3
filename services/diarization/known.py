"""Gives speakers who sound like a known voice its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.diarization.clustering.vectors import Vectors, unit
from shared.features import Array


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """A known speaker: the name, and an embedding of shape (size,)."""

    name: str
    embedding: Array


@dataclass(frozen=True, slots=True, eq=False)
class Speaker:
    """A speaker of a recording.

    Attributes:
        label: a known name, or ``SPEAKER_00`` and so on.
        embedding: of length 1, shape (size,).
        similarity: cosine to the known voice; None for an unknown speaker.
    """

    label: str
    embedding: Array
    similarity: float | None = None


def recognise(centres: Vectors, known: Sequence[Voice], threshold: float) -> list[Speaker]:
    """Label speakers; each name goes to one speaker at most, the most similar first.

    Args:
        centres: unit vectors, shape (speakers, size), by first appearance.
        known: the voices.
        threshold: the cosine from which a speaker is a known one.
    """
    found = [Speaker(f"SPEAKER_{number:02}", centre) for number, centre in enumerate(centres)]
    if not known or not found:
        return found
    voices = unit(np.stack([voice.embedding for voice in known]))
    likeness = centres @ voices.T
    while (best := likeness.max()) >= threshold:
        speaker, voice = divmod(int(likeness.argmax()), len(known))
        found[speaker] = Speaker(known[voice].name, centres[speaker], round(float(best), 4))
        likeness[speaker, :] = likeness[:, voice] = -np.inf
    return found
