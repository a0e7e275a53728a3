"""What RunPod bills for workers; numbers in, numbers out.

Source: RunPod's page on Serverless pricing. A worker is billed from its start to its end, the
loading of models and the idle timeout included, rounded up to the next second; its container disk
likewise, in steps of five minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

DISK_STEP_S = 300


@dataclass(frozen=True, slots=True)
class Spell:
    """The time one worker existed: seconds of any clock."""

    start: float
    end: float


def billed_s(spells: Iterable[Spell]) -> int:
    """The seconds that are billed for workers that existed so long."""
    return _in_steps(spells, 1)


def disk_s(spells: Iterable[Spell]) -> int:
    """The seconds that are billed for their container disks."""
    return _in_steps(spells, DISK_STEP_S)


def cost(spells: Iterable[Spell], price_per_s: float) -> float:
    """What that costs, in the price's currency."""
    return billed_s(spells) * price_per_s


def _in_steps(spells: Iterable[Spell], step: int) -> int:
    # A clock's own rounding is not a second.
    return step * sum(math.ceil(round(spell.end - spell.start, 6) / step) for spell in spells)
