"""When each token was said, from the onsets that Paraformer's second head finds."""

from __future__ import annotations

import numpy as np

from shared.features import Array
from shared.nets.asr.paraformer.cif import integrate

STEP_MS = 20  # an onset's
LONGEST = 12  # steps of a token; what is more is silence behind it
EARLY = 1.5  # steps by which an onset is dated back
NEAR = 5  # steps: an end that is nearer to the utterance's end is put there
ALMOST = 1.0 - 1e-4  # the sum at which a token begins


def times(onsets: Array, count: int) -> list[tuple[int, int]]:
    """When each token was said, as FunASR's ``ts_prediction_lfr6_standard`` has it.

    A token lasts from its onset to that of the next, if that is not too far. Behind the last there
    is one onset more.

    Args:
        onsets: how much of a token begins in each step, shape (steps,).
        count: number of tokens, one at least.

    Returns:
        Start and end of each in milliseconds.
    """
    steps = len(onsets)
    if not onsets.any():
        onsets = np.ones_like(onsets)
    scaled = onsets * (np.float32(count + 1) / onsets.sum())
    found = np.flatnonzero(integrate(scaled, ALMOST) >= np.float32(ALMOST)) - EARLY
    # Steps of more than a whole token fire once only.
    places = np.append(found, np.full(count + 1, float(steps)))[: count + 1]
    starts, ends = places[:-1], np.minimum(places[1:], places[:-1] + LONGEST)
    if places[-1] - places[-2] <= LONGEST:
        last = places[-1]
        ends[-1] = (steps + last) / 2 if steps - last > NEAR else steps
    edges = np.maximum(0, np.stack((starts, ends), axis=1) * (STEP_MS / 1000) * 1000)
    return [(int(start), int(end)) for start, end in edges]
