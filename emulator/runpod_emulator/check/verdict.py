"""A rule, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runpod_emulator.check.bench import Bench

Look = Callable[["Bench"], Awaitable[None]]


class Broken(Exception):
    """The worker breaks the rule; the message says how, and what to do about it."""


class Unseen(Exception):
    """Whether the worker keeps the rule could not be seen; the message says why."""


class Outcome(StrEnum):
    """What can come of a rule."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: its short name.
        says: the rule in a line.
        look: returns if the worker was seen to keep it; raises Broken or Unseen.
    """

    id: str
    says: str
    look: Look


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a rule.

    Attributes:
        reason: why it did not pass; empty if it did.
    """

    rule: str
    says: str
    outcome: Outcome
    reason: str = ""


def rule(name: str, says: str) -> Callable[[Look], Rule]:
    """Make a rule of the function that looks whether it is kept."""
    return lambda look: Rule(name, says, look)
