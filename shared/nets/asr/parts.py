"""Which utterances go through a network together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

ON_CPU, ON_GPU = 1_000, 30_000  # frames


def frames_at_once(device: str) -> int:
    """Frames of features, padding included, that one forward should have on a torch device."""
    return ON_CPU if device == "cpu" else ON_GPU


def parts(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Numbers of utterances of like length, that many frames at a time; empty ones are left out."""
    part: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if part and (len(part) + 1) * lengths[number] > most:
            yield part
            part = []
        if lengths[number]:
            part.append(number)
    if part:
        yield part
