"""Windows with labels become turns: in order, without overlap, without slips."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.diarization.turns import Turn, renumbered, turns_of
from services.diarization.windows import LENGTH, SHIFT, Window, windows


@given(st.integers(1, 3000))
def test_windows_cover_a_segment_and_overlap_by_half(frames: int) -> None:
    found = list(windows(frames))
    assert found[0].start == 0
    assert found[-1].end == frames
    assert all(window.end - window.start == min(LENGTH, frames) for window in found)
    for before, after in pairwise(found):
        assert 0 < after.start - before.start <= SHIFT


def test_no_frames_have_no_window() -> None:
    assert list(windows(0)) == []


def test_the_last_window_ends_where_its_segment_does() -> None:
    assert Window(0, 150).span(1000, 4000, 298) == (1000, 2500)
    assert Window(148, 298).span(1000, 4000, 298) == (2480, 4000)


def test_the_middle_of_an_overlap_parts_two_speakers() -> None:
    assert turns_of([(0, 1500), (750, 2250), (1500, 3000)], [0, 0, 1]) == [
        Turn(0, 1875, 0), Turn(1875, 3000, 1),
    ]  # fmt: skip


def test_a_pause_ends_a_turn() -> None:
    assert turns_of([(0, 1500), (1700, 3200)], [0, 0]) == [Turn(0, 1500, 0), Turn(1700, 3200, 0)]


def test_a_slip_between_turns_of_one_speaker_is_mended() -> None:
    spans = [(0, 1500), (750, 2250), (1500, 3000), (2250, 3750), (3000, 4500)]
    assert turns_of(spans, [0, 0, 1, 0, 0], shortest_ms=800) == [Turn(0, 4500, 0)]


def test_a_short_turn_on_its_own_is_kept() -> None:
    assert turns_of([(0, 300), (2000, 4000)], [0, 1]) == [Turn(0, 300, 0), Turn(2000, 4000, 1)]


@given(
    st.lists(st.tuples(st.integers(1, 900), st.integers(0, 2000)), max_size=15),
    st.randoms(use_true_random=False),
    st.integers(0, 1500),
)
def test_turns_are_in_order_and_hold_the_speech_and_nothing_else(
    segments: list[tuple[int, int]], dice: object, shortest_ms: int
) -> None:
    spans, speech, at = [], 0, 0
    for frames, pause_ms in segments:
        start, at = at + pause_ms, at + pause_ms + frames * 10
        spans += [window.span(start, at, frames) for window in windows(frames)]
        speech += frames * 10
    labels = [dice.randint(0, 3) for _ in spans]  # type: ignore[attr-defined]
    found = turns_of(spans, labels, shortest_ms)
    assert sum(turn.end_ms - turn.start_ms for turn in found) == speech
    for before, after in pairwise(found):
        assert before.end_ms <= after.start_ms
        assert before.speaker != after.speaker or before.end_ms < after.start_ms


@pytest.mark.parametrize(
    ("numbers", "renamed", "heard"), [([], [], []), ([3, 1, 3], [0, 1, 0], [3, 1])]
)
def test_speakers_are_numbered_by_first_appearance(
    numbers: list[int], renamed: list[int], heard: list[int]
) -> None:
    turns = [Turn(index, index + 1, number) for index, number in enumerate(numbers)]
    found, old = renumbered(turns)
    assert ([turn.speaker for turn in found], old) == (renamed, heard)
