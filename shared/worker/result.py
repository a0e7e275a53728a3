"""Makes a result fit to be sent: plain JSON, no NaN, within what RunPod passes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.errors import ResultTooLarge


def fit(result: Mapping[str, Any], max_bytes: int) -> dict[str, Any]:
    """Check a result the way RunPod's SDK will encode it.

    The SDK drops a result that is not JSON without a word, and RunPod drops one that is too large,
    so both are found here.

    Raises:
        ResultTooLarge: the encoded result exceeds ``max_bytes``.
        ValueError, TypeError: the result is not JSON.
    """
    size = len(json.dumps(result, ensure_ascii=False, allow_nan=False).encode())
    if size > max_bytes:
        raise ResultTooLarge(
            f"the result has {size} bytes and RunPod passes on {max_bytes}; "
            "send shorter audio, fewer recordings in one job, or ask for less detail"
        )
    return dict(result)
