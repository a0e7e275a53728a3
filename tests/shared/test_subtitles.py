"""Subtitles are what players read, and cues are short enough to be read."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from shared.subtitles import LONGEST_MS, MOST_WIDTH, cues_of, render

HOUR = 3_600_000
END = HOUR + 600_000


class Word(NamedTuple):
    """A word as it is written, and when it is said."""

    written: str
    start_ms: int
    end_ms: int


def sentence(*written: str, each_ms: int = 300, start_ms: int = HOUR) -> list[Word]:
    """Words without pauses."""
    starts = range(start_ms, start_ms + each_ms * len(written), each_ms)
    return [Word(text, at, at + each_ms) for text, at in zip(written, starts, strict=True)]


def turn_on_off() -> list[list[Word]]:
    return [sentence(" Turn", " on."), sentence(" Off.", start_ms=HOUR + 600)]


def test_srt_is_numbered_with_commas() -> None:
    assert render(turn_on_off(), "srt", END) == (
        "1\n01:00:00,000 --> 01:00:00,600\nTurn on.\n\n2\n01:00:00,600 --> 01:00:01,600\nOff.\n"
    )


def test_vtt_has_a_header_and_escapes() -> None:
    assert render([sentence(" R&D", " <b>", each_ms=600)], "vtt", END) == (
        "WEBVTT\n\n01:00:00.000 --> 01:00:01.200\nR&amp;D &lt;b&gt;\n"
    )


def test_who_says_it_is_told_as_the_format_has_it() -> None:
    assert "\nA<B: Turn on.\n\n2\n" in render(turn_on_off(), "srt", END, ["A<B", None])
    text = render(turn_on_off(), "vtt", END, ["A<B", None])
    assert "\n<v A&lt;B>Turn on.\n" in text
    assert text.endswith("\nOff.\n")


def test_nothing_said_is_still_a_file() -> None:
    assert render([], "srt", END) == ""
    assert render([], "vtt", END) == "WEBVTT\n"


def test_long_sentences_are_cut_into_cues_of_like_width() -> None:
    cues = list(cues_of(sentence(*[" word"] * 40)))
    assert " ".join(cue.text for cue in cues) == " ".join(["word"] * 40)
    assert all(len(cue.text) <= MOST_WIDTH for cue in cues)
    assert max(len(cue.text) for cue in cues) - min(len(cue.text) for cue in cues) <= 10
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(cues))


def test_a_space_before_a_sentence_changes_nothing() -> None:
    spaced = sentence(*[" word"] * 40)
    bare = [spaced[0]._replace(written="word"), *spaced[1:]]
    assert list(cues_of(bare)) == list(cues_of(spaced))


def test_characters_count_double() -> None:
    cues = cues_of(sentence(*["字"] * 60, each_ms=50))
    assert [len(cue.text) for cue in cues] == [30, 30]


def test_slow_speech_is_cut_too() -> None:
    cues = cues_of(sentence(*[" so"] * 12, each_ms=900))
    assert all(cue.end_ms - cue.start_ms <= LONGEST_MS for cue in cues)


def test_one_long_word_is_one_cue() -> None:
    assert len(list(cues_of([Word(" a" + "h" * 90, 0, 9_000)]))) == 1


def test_cues_are_in_order_for_any_player() -> None:
    spoken = [sentence(" one", " two.", start_ms=HOUR + 600 * n) for n in range(30)]
    text = render(spoken, "srt", END)
    clocks = re.findall(r"(\S+) --> (\S+)", text)
    flat = [clock for pair in clocks for clock in pair]
    assert flat == sorted(flat)


def test_a_cue_can_be_read_and_does_not_outlast_the_recording() -> None:
    yes = [Word(" Yes", 1_000, 1_060)]
    assert "00:00:01.000 --> 00:00:02.000" in render([yes], "vtt", 9_000)
    assert "00:00:01.000 --> 00:00:01.400" in render([yes], "vtt", 1_400)


def test_no_cue_is_without_length() -> None:
    assert "00:00:00.000 --> 00:00:00.001" in render([[Word(" Yes", 0, 0)]], "vtt", 0)


def test_korean_is_as_wide_as_chinese() -> None:
    cues = cues_of(sentence(*[" 안녕하세요"] * 12, each_ms=100))
    assert all(2 * len(cue.text) <= MOST_WIDTH + len(cue.text) for cue in cues)
