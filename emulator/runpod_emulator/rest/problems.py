"""Refusals as RunPod's REST API writes them: RFC 9457."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.responses import Response

from runpod_emulator.bodies import Json


class Problem(Exception):
    """A request is refused.

    Args:
        status: of the answer.
        detail: why, for people.
        errors: every field that is wrong.
    """

    def __init__(self, status: int, detail: str, errors: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, list(errors)

    def answer(self) -> Response:
        """What the caller gets."""
        content = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **({"errors": self.errors} if self.errors else {}),
        }
        return Json(content, self.status, media_type="application/problem+json")
