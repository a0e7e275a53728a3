"""The shape of a SAN-M encoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncoderSizes:
    """An encoder's shape.

    Attributes:
        inputs: values of a frame of features.
        width: values of a frame within the encoder, and at its end.
        heads: of the attention.
        hidden: values of a frame within a feed-forward network.
        blocks: layers.
        top_blocks: layers after the first normalisation; only SenseVoice has them.
        kernel: frames of the memory.
        shift: frames by which the memory looks further back.
        epsilon: what the normalisations add to a variance.
    """

    inputs: int
    width: int
    heads: int
    hidden: int
    blocks: int
    top_blocks: int
    kernel: int
    shift: int
    epsilon: float
