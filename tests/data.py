"""Real recordings and weights, where there are any: the folder SPEECH_TEST_DATA names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def real_data(*parts: str) -> Path:
    """A path in that folder; the test is skipped, saying so, when there is none."""
    root = os.environ.get("SPEECH_TEST_DATA")
    if not root:
        pytest.skip("real recordings and weights: set SPEECH_TEST_DATA to a folder that has them")
    path = Path(root).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"SPEECH_TEST_DATA has no {'/'.join(parts)}")
    return path
