"""Each word is given to whoever speaks when it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.attribution import Span, Turn, speakers_of

TURNS = [Turn(1.0, 3.0, "Ada"), Turn(3.0, 4.0, "Bob"), Turn(8.0, 9.0, "Ada")]


@pytest.mark.parametrize(
    ("word", "speaker"),
    [
        ((1.2, 1.5), "Ada"),
        ((2.6, 3.1), "Ada"),
        ((2.9, 3.4), "Bob"),
        ((3.5, 8.9), "Ada"),  # more of her
        ((4.5, 4.6), "Bob"),
        ((7.5, 7.6), "Ada"),
        ((5.5, 6.0), None),
        ((0.0, 0.5), "Ada"),
        ((10.0, 10.4), "Ada"),
        ((10.1, 10.4), None),
        ((2.0, 2.0), "Ada"),
    ],
)
def test_the_turn_that_overlaps_a_word_most_or_else_is_nearest_tells(
    word: Span, speaker: str | None
) -> None:
    assert list(speakers_of([word], TURNS, within=1.0)) == [speaker]


def test_two_turns_of_one_speaker_count_together() -> None:
    turns = [Turn(0.0, 1.0, "Ada"), Turn(1.0, 2.2, "Bob"), Turn(2.2, 4.0, "Ada")]
    assert list(speakers_of([(0.4, 2.9)], turns, within=0.0)) == ["Ada"]


def test_without_turns_nobody_said_it() -> None:
    assert list(speakers_of([(0.0, 1.0), (1.0, 2.0)], [], within=10.0)) == [None, None]


LENGTHS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20), st.sampled_from("ABC")))


@given(lengths=LENGTHS, start=st.integers(0, 250), length=st.integers(0, 40))
def test_no_other_turn_would_be_a_better_choice(
    lengths: list[tuple[int, int, str]], start: int, length: int
) -> None:
    turns, at = [], 0
    for gap, long, who in lengths:
        turns.append(Turn(at + gap, at + gap + long, who))
        at += gap + long
    end = start + length
    (found,) = speakers_of([(start, end)], turns, within=5)
    common = {t: min(end, t.end) - max(start, t.start) for t in turns}
    shares = {who: sum(max(0, n) for t, n in common.items() if t.speaker == who) for who in "ABC"}
    if max(shares.values()):
        assert found is not None
        assert shares[found] == max(shares.values())
    elif max(common.values(), default=-9) >= -5:
        assert found in {t.speaker for t, n in common.items() if n == max(common.values())}
    else:
        assert found is None
