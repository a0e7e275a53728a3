"""Why something is not deployed; every message says what to do."""

from __future__ import annotations


class DeployError(Exception):
    """It is not as it should be. Nothing secret is in the message."""


class Refused(DeployError):
    """RunPod does not allow what was asked.

    Args:
        message: its words.
        status: of its answer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(DeployError):
    """RunPod cannot be reached, or fails; what was asked may have happened."""


class NotReady(DeployError):
    """What was deployed does not work, in the time there was."""


class Superseded(DeployError):
    """Somebody else has deployed meanwhile: what there is now is not ours to judge or undo."""
