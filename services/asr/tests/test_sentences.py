"""Words become sentences at punctuation and at pauses."""

from __future__ import annotations

import pytest

from services.asr.sentences import sentences_of
from services.asr.tests.test_words import tokens
from shared.nets.asr import Token, Transcript


def texts(*pieces: str) -> list[str]:
    transcript = Transcript(tuple(tokens(*pieces)), "en")
    return [sentence.text for sentence in sentences_of(transcript, 0, 60_000)]


def test_a_sentence_ends_at_its_punctuation() -> None:
    assert texts(" Yes", ".", " No", "?", " Go") == ["Yes.", "No?", "Go"]
    assert texts("好", "的", "。", "再", "见", "！") == ["好的。", "再见！"]


def test_a_comma_or_a_decimal_point_ends_none() -> None:
    assert texts(" well", ",", " 3", ".", "5", " it", " is") == ["well, 3.5 it is"]
    assert texts("好", "，", "走") == ["好，走"]


def test_what_is_quoted_ends_behind_the_quotation() -> None:
    assert texts(' "', "Go", ".", '"', " He", " went", ".") == ['"Go."', "He went."]


def test_titles_numbers_and_small_letters_end_none() -> None:
    assert texts(" Mr", ".", " Smith", " at", " 10", " a.m", ".", " today", ".") == [
        "Mr. Smith at 10 a.m. today."
    ]
    assert texts(" No", ".", " 5") == ["No. 5"]


def test_a_quotation_begins_a_sentence_with_its_mark() -> None:
    assert texts(" He", " went", ".", ' "', "Stop", ',"', " she", " said", ".") == [
        "He went.",
        '"Stop," she said.',
    ]
    assert texts("他", "说", "。", "“", "好", "。”") == ["他说。", "“好。”"]


def test_no_word_ends_behind_its_stretch() -> None:
    said = (Token(" one", 0, 500, 0.0), Token(" two", 980, 1_043, 0.0))
    (sentence,) = sentences_of(Transcript(said), 4_000, 5_015)
    assert sentence.end_ms == 5_015


def test_a_long_pause_ends_a_sentence_without_punctuation() -> None:
    said = (
        Token(" one", 0, 200, 0.0),
        Token(" two", 300, 500, 0.0),
        Token(" six", 1600, 1800, 0.0),
    )
    assert [s.text for s in sentences_of(Transcript(said), 0, 60_000)] == ["one two", "six"]


def test_times_are_those_of_the_recording() -> None:
    (sentence,) = sentences_of(Transcript(tuple(tokens(" one", " two"))), 5_000, 60_000)
    assert (sentence.start_ms, sentence.end_ms) == (5_000, 5_200)
    assert [word.start_ms for word in sentence.words] == [5_000, 5_100]


def test_nothing_said_is_no_sentence() -> None:
    assert texts() == texts("。") == []


def test_confidence_is_the_tokens_mean_probability() -> None:
    (sentence,) = sentences_of(Transcript((Token(" a", 0, 1, -0.2), Token("b", 1, 2, -0.4))), 0, 9)
    assert sentence.confidence == pytest.approx(0.7408, abs=1e-4)
