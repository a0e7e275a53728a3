"""What the emulator tells of its endpoints, and RunPod of none."""

from __future__ import annotations

from typing import NamedTuple

import httpx

from runpod_emulator.control_api import STATE

_ANSWER_S = 2.0


class Emulated(NamedTuple):
    """An endpoint of the emulator.

    Attributes:
        url: as callers have it.
        start_s: how long its workers took to start, the median; None as long as none has.
    """

    url: str
    start_s: float | None


def emulated(origin: str) -> dict[str, Emulated]:
    """The endpoints at an address such as ``http://127.0.0.1:8000``, by their ids.

    There are none where there is no emulator.
    """
    try:
        state = httpx.get(f"{origin}{STATE}", timeout=_ANSWER_S).raise_for_status().json()
        return {
            one["id"]: Emulated(f"{origin}/v2/{one['id']}", one["cold_start_s"]) for one in state
        }
    except (httpx.HTTPError, ValueError, TypeError, KeyError):
        return {}
