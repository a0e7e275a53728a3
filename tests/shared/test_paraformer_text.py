"""Times and words are what unmodified funasr makes of the same onsets and pieces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch

from models.tiny.funasr import funasr_class
from shared.features import Array
from shared.nets.asr import Token
from shared.nets.asr.paraformer.spelling import spell
from shared.nets.asr.paraformer.timing import times


def test_times_are_funasrs() -> None:
    numbers = np.random.default_rng(0)
    original = funasr_class("funasr.utils.timestamp_tools", "ts_prediction_lfr6_standard")
    peaks = funasr_class("funasr.utils.timestamp_tools", "cif_wo_hidden")
    for _ in range(200):
        count, steps = int(numbers.integers(1, 20)), 3 * int(numbers.integers(20, 80))
        onsets = (numbers.random(steps) ** numbers.integers(1, 30)).astype(np.float32)
        weights = torch.from_numpy(onsets) * ((count + 1) / torch.from_numpy(onsets).sum())
        fires = peaks(weights[None], 1.0 - 1e-4)[0]
        if int((fires >= 1.0 - 1e-4).sum()) < count + 1:
            continue  # funasr finds too few onsets, and fails
        _, theirs = original(weights, fires, ["字"] * count)
        assert times(onsets, count) == [(max(0, s), max(0, e)) for s, e in theirs]


@pytest.mark.parametrize("onsets", [np.zeros(9, np.float32), np.eye(1, 9, 4, dtype=np.float32)[0]])
def test_tokens_without_onsets_have_times_within_the_utterance(onsets: Array) -> None:
    spans = times(onsets, 4)
    assert len(spans) == 4
    assert all(0 <= start <= end <= 180 for start, end in spans)
    assert all(one[0] <= two[0] for one, two in pairwise(spans))


def pieces(texts: Sequence[str]) -> list[Token]:
    return [
        Token(text, 100 * number, 100 * number + 90, -0.01 * number)
        for number, text in enumerate(texts)
    ]


def random_text(numbers: np.random.Generator, words: Sequence[Sequence[str]]) -> list[str]:
    picked = numbers.integers(len(words), size=numbers.integers(1, 12))
    return [piece for word in picked for piece in words[word]]


def test_words_are_spelled_as_funasr_spells_them() -> None:
    original = funasr_class("funasr.utils.postprocess_utils", "sentence_postprocess")
    numbers = np.random.default_rng(0)
    words = (["你"], ["好"], ["hel@@", "lo"], ["wor@@", "l@@", "d"], ["ok"], ["n"], ["b"], ["a"])
    for choice in (words, words[:2], words[4:], words[2:]):
        for _ in range(100):
            texts = random_text(numbers, choice)
            spelled = list(spell(pieces(texts)))
            assert "".join(word.text for word in spelled).strip() == original(texts)[0]
            spans = [[token.start_ms, token.end_ms] for token in pieces(texts)]
            _, theirs, _ = original(texts, spans)
            assert [[word.start_ms, word.end_ms] for word in spelled] == theirs


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["你", "hel@@"], ["你", "hel"]),
        (["hel@@", "你", "lo"], [" hel", "你", "lo"]),
        (["你", "<unk>", "好"], ["你", "好"]),
        (["<unk>"], []),
        ([], []),
    ],
)
def test_half_words_are_kept_and_the_unknown_is_not(texts: list[str], words: list[str]) -> None:
    assert [word.text for word in spell(pieces(texts))] == words


def test_a_word_is_as_sure_as_its_least_sure_piece() -> None:
    (word,) = spell(pieces(["hel@@", "lo"]))
    assert word == Token(" hello", 0, 190, -0.01)
