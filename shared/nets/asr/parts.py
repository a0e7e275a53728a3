"""The size of the parts in which utterances go through a network."""

from __future__ import annotations

ON_CPU, ON_GPU = 1_000, 30_000  # frames


def frames_at_once(device: str) -> int:
    """Frames of features, padding included, that one forward should have on a torch device."""
    return ON_CPU if device == "cpu" else ON_GPU
