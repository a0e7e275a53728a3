"""Tokens of any cut become the words, or characters, that people would count."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.asr.words import words_of
from shared.nets.asr import Token


def tokens(*texts: str, each_ms: int = 100) -> list[Token]:
    """Tokens one after the other, of the same length."""
    return [
        Token(text, number * each_ms, (number + 1) * each_ms, -0.1)
        for number, text in enumerate(texts)
    ]


WORDS: list[tuple[Sequence[str], list[str]]] = [
    ((" turn", " on", " the", " light", "."), ["turn", "on", "the", "light"]),
    ((" un", "believ", "able", ",", " yes"), ["unbelievable", "yes"]),
    ((" don", "'", "t", " go", "!"), ["don't", "go"]),
    ((" 3", ".", "5", " %", "."), ["3.5", "%"]),
    ((" at", " 12", ":", "30", "."), ["at", "12:30"]),
    (("打", "开", "灯", "。"), ["打", "开", "灯"]),
    (("打开", "灯。"), ["打", "开", "灯"]),
    (("我有", "3", "个", "apple", "。"), ["我", "有", "3", "个", "apple"]),
    ((" ", "hello", " ", "world"), ["hello", "world"]),
    ((" hello.", " world"), ["hello", "world"]),
    (("カタ", "カナ"), ["カ", "タ", "カ", "ナ"]),
    ((" 안녕", "하세요", " 여러", "분"), ["안녕하세요", "여러분"]),
    (("，", "好"), ["好"]),
    ((" it", " is", " -", "5", " degrees"), ["it", "is", "-5", "degrees"]),
    ((" .", "5", " percent"), [".5", "percent"]),
    ((" #", "1"), ["#1"]),
    ((" he", " said", ' "', "stop", '"'), ["he", "said", "stop"]),
    (("他", "说", "“", "好", "”", "。"), ["他", "说", "好"]),
    ((" (", "hello", ")"), ["hello"]),
    ((" wait", " -", " no"), ["wait", "no"]),
    (tuple("二〇〇三年"), list("二〇〇三年")),
    ((" a\x00b", "\x11"), ["ab"]),
    (("。",), []),
    ((), []),
]


@pytest.mark.parametrize(("texts", "words"), WORDS, ids=lambda value: "".join(value) or "-")
def test_words_are_what_people_would_count(texts: Sequence[str], words: list[str]) -> None:
    assert [word.text for word in words_of(tokens(*texts))] == words


def test_a_words_time_is_that_of_its_pieces() -> None:
    first, second = words_of(tokens(" un", "able", " yes"))
    assert (first.start_ms, first.end_ms) == (0, 200)
    assert (second.start_ms, second.end_ms) == (200, 300)


def test_the_characters_of_one_token_share_its_time() -> None:
    assert [(word.start_ms, word.end_ms) for word in words_of(tokens("打开", each_ms=120))] == [
        (0, 60),
        (60, 120),
    ]


def test_punctuation_takes_no_time_from_a_word() -> None:
    (word,) = words_of(tokens(" light", "."))
    assert (word.start_ms, word.end_ms, word.written) == (0, 100, " light.")


def test_marks_stay_with_the_word_they_belong_to() -> None:
    words = words_of(tokens(" he", " said", ' "', "stop", '"', ",", " (", "twice", ")"))
    assert [word.written for word in words] == [" he", " said", ' "stop",', " (twice)"]


@given(st.lists(st.text(alphabet=" abé1.,'’，。你好カ한-%<|>(\n", max_size=4), max_size=12))
def test_nothing_of_the_text_is_lost(texts: list[str]) -> None:
    words = words_of(tokens(*texts))
    said = "".join("".join(texts).split())
    written = "".join("".join(word.written for word in words).split())
    assert not words or said.endswith(written)
    assert not any(letter.isalnum() for letter in said.removesuffix(written))
    assert all(word.text and word.start_ms <= word.end_ms for word in words)
