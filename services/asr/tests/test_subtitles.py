"""Subtitles are what players read, and cues are short enough to be read."""

from __future__ import annotations

import re
from itertools import pairwise

from services.asr.sentences import Sentence, sentences_of
from services.asr.subtitles import LONGEST_MS, MOST_WIDTH, cues_of, render
from services.asr.tests.test_words import tokens
from shared.nets.asr import Token, Transcript

HOUR = 3_600_000
END = HOUR + 600_000


def sentences(*pieces: str, each_ms: int = 300) -> list[Sentence]:
    return list(
        sentences_of(Transcript(tuple(tokens(*pieces, each_ms=each_ms))), HOUR, HOUR + 600_000)
    )


def test_srt_is_numbered_with_commas() -> None:
    assert render(sentences(" Turn", " on", ".", " Off", "."), "srt", END) == (
        "1\n01:00:00,000 --> 01:00:00,900\nTurn on.\n\n2\n01:00:00,900 --> 01:00:01,900\nOff.\n"
    )


def test_vtt_has_a_header_and_escapes() -> None:
    assert render(sentences(" R", "&", "D", " <b>"), "vtt", END) == (
        "WEBVTT\n\n01:00:00.000 --> 01:00:01.200\nR&amp;D &lt;b&gt;\n"
    )


def test_who_says_it_is_told_as_the_format_has_it() -> None:
    said = sentences(" Turn", " on", ".", " Off", ".")
    assert "\nA<B: Turn on.\n\n2\n" in render(said, "srt", END, ["A<B", None])
    text = render(said, "vtt", END, ["A<B", None])
    assert "\n<v A&lt;B>Turn on.\n" in text
    assert text.endswith("\nOff.\n")


def test_nothing_said_is_still_a_file() -> None:
    assert render([], "srt", END) == ""
    assert render([], "vtt", END) == "WEBVTT\n"


def test_long_sentences_are_cut_into_cues_of_like_width() -> None:
    (sentence,) = sentences(*[" word"] * 40)
    cues = list(cues_of(sentence))
    assert " ".join(cue.text for cue in cues) == sentence.text
    assert all(len(cue.text) <= MOST_WIDTH for cue in cues)
    assert max(len(cue.text) for cue in cues) - min(len(cue.text) for cue in cues) <= 10
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(cues))


def test_characters_count_double() -> None:
    (sentence,) = sentences(*["字"] * 60, each_ms=50)
    assert [len(cue.text) for cue in cues_of(sentence)] == [30, 30]


def test_slow_speech_is_cut_too() -> None:
    (sentence,) = sentences(*[" so"] * 12, each_ms=900)
    assert all(cue.end_ms - cue.start_ms <= LONGEST_MS for cue in cues_of(sentence))


def test_one_long_word_is_one_cue() -> None:
    (sentence,) = sentences_of(Transcript((Token(" a" * 1 + "h" * 90, 0, 9_000, 0.0),)), 0, 9_000)
    assert len(list(cues_of(sentence))) == 1


def test_cues_are_in_order_for_any_player() -> None:
    text = render(sentences(*[" one", " two", "."] * 30), "srt", END)
    clocks = re.findall(r"(\S+) --> (\S+)", text)
    flat = [clock for pair in clocks for clock in pair]
    assert flat == sorted(flat)


def test_a_cue_can_be_read_and_does_not_outlast_the_recording() -> None:
    (sentence,) = sentences_of(Transcript((Token(" Yes", 1_000, 1_060, 0.0),)), 0, 9_000)
    assert "00:00:01.000 --> 00:00:02.000" in render([sentence], "vtt", 9_000)
    assert "00:00:01.000 --> 00:00:01.400" in render([sentence], "vtt", 1_400)


def test_no_cue_is_without_length() -> None:
    (sentence,) = sentences_of(Transcript((Token(" Yes", 0, 0, 0.0),)), 0, 9_000)
    assert "00:00:00.000 --> 00:00:00.001" in render([sentence], "vtt", 0)


def test_korean_is_as_wide_as_chinese() -> None:
    (sentence,) = sentences(*[" 안녕하세요"] * 12, each_ms=100)
    assert all(2 * len(cue.text) <= MOST_WIDTH + len(cue.text) for cue in cues_of(sentence))
