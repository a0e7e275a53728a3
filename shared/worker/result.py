"""Makes a result fit to be sent: plain JSON, no NaN, within what RunPod passes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import ResultTooLarge

_ROOM_FOR_AN_ERROR = 200  # bytes


def fit(result: Mapping[str, Any], max_bytes: int) -> dict[str, Any]:
    """Check a result the way RunPod's SDK will encode it.

    The SDK drops a result that is not JSON without a word, and RunPod drops one that is too large,
    so both are found here.

    Raises:
        ResultTooLarge: the encoded result exceeds ``max_bytes``.
        ValueError, TypeError: the result is not JSON.
    """
    size = encoded_size(result)
    if size > max_bytes:
        raise ResultTooLarge(
            f"the result has {size} bytes and RunPod passes on {max_bytes}; "
            "send shorter audio, fewer recordings in one job, or ask for less detail"
        )
    return dict(result)


def fit_list(items: Sequence[Mapping[str, Any]], max_bytes: int) -> dict[str, Any]:
    """The results of a list; one for which there is no room becomes an error of its own.

    Raises:
        ResultTooLarge: there is no room even for the errors.
    """
    error = ResultTooLarge(
        f"no room is left within the {max_bytes} bytes RunPod passes on; "
        "send this recording in another job"
    )
    kept: list[Mapping[str, Any]] = []
    room = max_bytes - len(items) * _ROOM_FOR_AN_ERROR
    for item in items:
        size = encoded_size(item) - _ROOM_FOR_AN_ERROR
        kept.append(item if size <= room else {"error": str(error)})
        room -= size if size <= room else 0
    return fit({"results": kept}, max_bytes)


def encoded_size(result: Mapping[str, Any]) -> int:
    """Bytes of a result as RunPod's SDK encodes it.

    Raises:
        ValueError, TypeError: the result is not JSON.
    """
    return len(json.dumps(result, ensure_ascii=False, allow_nan=False).encode())
