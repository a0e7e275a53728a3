"""Continuous integrate-and-fire: where one token ends and the next begins.

Each frame has a weight. The weights are added up until they reach a threshold: there a token is
whole ("fires"), and what the frame has beyond the threshold counts for the next.

Source: Dong and Xu, "CIF: continuous integrate-and-fire for end-to-end speech recognition", ICASSP
2020. The sums are rounded like FunASR's, step by step in single precision, so that the same frames
fire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.features import Array


class Shares(NamedTuple):
    """How an utterance's frames are shared out among its tokens.

    Attributes:
        tokens: their number.
        place: the token each frame counts for, shape (frames,); ``tokens`` or more for none.
        share: how much it counts, shape (frames,).
        rest: how much it counts for the token after, shape (frames,).
    """

    tokens: int
    place: NDArray[np.int64]
    share: Array
    rest: Array


def share_out(weights: Array, tail: float) -> Shares:
    """Find an utterance's tokens.

    Args:
        weights: shape (frames,), each below one.
        tail: the weight of the silence behind the last frame, which may complete a token.
    """
    weights = np.append(weights, np.float32(tail))
    levels = integrate(weights, 1.0)
    fired = levels >= 1
    before = np.append(np.float32(0), np.where(fired, levels - 1, levels)[:-1])
    share = np.where(fired, 1 - before, weights)
    place: NDArray[np.int64] = np.cumsum(fired) - fired
    return Shares(int(weights.sum()), place[:-1], share[:-1], (weights - share)[:-1])


def terms(
    shares: Sequence[Shares],
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """The sums that the tokens of some utterances are, term by term.

    Returns:
        Number of the token, number of the frame and its share, each of shape (terms,). Tokens and
        frames are numbered through, and each utterance has as many as the one with most.
    """
    tokens, frames, parts = [], [], []
    most = max(utterance.tokens for utterance in shares)
    longest = max(len(utterance.place) for utterance in shares)
    for number, (count, place, share, rest) in enumerate(shares):
        for token, part in ((place, share), (place + 1, rest)):
            (frame,) = np.nonzero((token < count) & (part != 0))
            tokens.append(number * most + token[frame])
            frames.append(number * longest + frame)
            parts.append(part[frame])
    return np.concatenate(tokens), np.concatenate(frames), np.concatenate(parts)


def integrate(weights: Array, threshold: float) -> Array:
    """What the weights add up to at each step, before a step that fires takes ``threshold`` off."""
    limit, level = np.float32(threshold), np.float32(0)
    levels = np.empty_like(weights)
    for step, weight in enumerate(weights):
        level += weight
        levels[step] = level
        if level >= limit:
            level -= limit
    return levels
