"""A ratio that is watched is its peer's smallest; a peer that was not measured is no success."""

from __future__ import annotations

import pytest

from bench.report import Report, Row
from bench.watch import Limit, smallest

REPORT = Report(
    "vad: file to segments",
    [
        Row("1 min", "ours", [1.0, 1.0, 4.0], "s"),
        Row("1 min", "theirs", [5.0, 5.0, 5.0], "s"),
        Row("1 h", "ours", [10.0], "s"),
        Row("1 h", "theirs", [30.0], "s"),
    ],
    [],
)


def test_the_smallest_ratio_over_all_groups_counts() -> None:
    assert smallest(Limit("vad", "speed", "theirs", 2.0), REPORT) == 3.0


def test_a_peer_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(LookupError, match="'nobody'"):
        smallest(Limit("vad", "speed", "nobody", 2.0), REPORT)
