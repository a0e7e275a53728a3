from __future__ import annotations

import math

import pytest

from models.tiny.asr.scores import align, middle_and_ninth


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("turn on light", "turn on light", 0),
        ("turn on light", "turn off light", 1),
        ("turn on light", "on light", 1),
        ("turn on light", "turn on on light", 1),
        ("turn on light", "", 3),
        ("", "yes no", 2),
        ("one two three", "two three four", 2),
    ],
)
def test_errors_are_substitutions_deletions_and_insertions(
    said: str, heard: str, errors: int
) -> None:
    assert align(said.split(), heard.split()).errors == errors


def test_matches_are_what_is_the_same_in_order() -> None:
    alignment = align(list("12345"), list("12456"))
    assert alignment.matches == ((0, 0), (1, 1), (3, 2), (4, 3))


def test_late_and_early_count_alike() -> None:
    assert middle_and_ninth([-10.0, 10.0, -10.0]) == pytest.approx((10.0, 10.0))
    assert all(map(math.isnan, middle_and_ninth([])))
