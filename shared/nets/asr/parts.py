"""Which utterances go through a network together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


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
