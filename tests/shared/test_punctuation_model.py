"""Punctuation is unmodified funasr's, and a folder of another model is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray

from shared.errors import ModelError, ModelUnusable
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.asr import Token
from shared.nets.punctuation import CtPunc
from shared.nets.punctuation.sentences import AT_ONCE, LONGEST, mark
from tests.funasr_paraformer import (
    CT_PUNC,
    SMALL_CT_PUNC,
    VOCABULARY,
    Reference,
    reference,
    reference_text,
    write_random_model,
)
from tests.funasr_sensevoice import WEIGHTS
from tests.other_device import DEVICES

MODEL = "iic/punc_ct-transformer_zh-cn-common-vocab272727-pytorch"
COMMAS = [-9.0, 2.0, 0.5, -99.0, -99.0, 0.0]
NOTHING = [-99.0, 2.0, -99.0, -99.0, -99.0, -99.0]
SHOWN = set("，。？、,.?")


def vocabulary(characters: int, words: int) -> list[str]:
    return [
        "<unk>",
        *(chr(0x4E00 + number) for number in range(characters)),
        *(f"word{number}" for number in range(words)),
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small")
    write_random_model(path, SMALL_CT_PUNC, vocabulary(300, 50))
    return path


@pytest.fixture(scope="module")
def punctuator(small: Path) -> CtPunc:
    return CtPunc.load(ModelFolder(MODEL, small, None))


@pytest.fixture(scope="module")
def original(small: Path) -> Reference:
    return reference(small)


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> ModelFolder:
    shutil.copytree(small, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


def random_words(count: int, seed: int) -> list[str]:
    """Characters, and words of letters, some unknown; the last is a character."""
    numbers = np.random.default_rng(seed)
    words = [
        f"word{numbers.integers(70)}" if numbers.random() < 0.2
        else chr(0x4E00 + numbers.integers(320))
        for _ in range(count - 1)
    ]  # fmt: skip
    return [*words, "字"]


def spoken(words: Sequence[str]) -> list[Token]:
    """Tokens as a recogniser gives them: a space before a word of letters behind another."""
    tokens, latin = [], True
    for number, word in enumerate(words):
        space = " " if latin and word[0].isascii() else ""
        latin = word[0].isascii()
        tokens.append(Token(space + word, 100 * number, 100 * number + 90, -0.1))
    return tokens


def text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens).strip()


@pytest.mark.parametrize("device", DEVICES)
def test_another_device_sets_the_same_marks(punctuator: CtPunc, small: Path, device: str) -> None:
    elsewhere = CtPunc.load(ModelFolder(MODEL, small, None), device)
    tokens = spoken(random_words(300, 0))
    assert text(elsewhere.punctuate(tokens)) == text(punctuator.punctuate(tokens)) != text(tokens)


def funasrs(model: Reference, words: Sequence[str]) -> str:
    """FunASR's text, without the spaces it has behind a sentence where it began to read anew."""
    found = reference_text(model, " ".join(words))
    return found.replace("。 ", "。").replace("？ ", "？").strip()


def with_marks(folder: ModelFolder, bias: list[float]) -> CtPunc:
    """The model with other marks being likely."""
    state = torch.load(folder.path / WEIGHTS, weights_only=True)
    state["decoder.bias"] = torch.tensor(bias)
    torch.save(state, folder.path / WEIGHTS)
    return CtPunc.load(folder)


def test_texts_are_funasrs_at_full_size(tmp_path: Path) -> None:
    write_random_model(tmp_path, CT_PUNC, vocabulary(20_900, 251_826))
    assert (tmp_path / WEIGHTS).stat().st_size == pytest.approx(292e6, rel=1e-3)
    original, punctuator = reference(tmp_path), CtPunc.load(ModelFolder(MODEL, tmp_path, None))
    words = random_words(150, 0)
    found = text(punctuator.punctuate(spoken(words)))
    assert found == funasrs(original, words)
    assert len(SHOWN & set(found)) > 4


@pytest.mark.parametrize("count", [1, 2, 3, 19, 20, 21, 40, 41, 60, 100, 333, 700])
def test_texts_of_any_length_are_funasrs(
    punctuator: CtPunc, original: Reference, count: int
) -> None:
    for seed in range(3):
        words = random_words(count, seed)
        assert text(punctuator.punctuate(spoken(words))) == funasrs(original, words)


def test_a_sentence_that_does_not_end_is_cut_at_a_comma(folder: ModelFolder) -> None:
    punctuator = with_marks(folder, COMMAS)
    words = random_words(650, 0)
    found = text(punctuator.punctuate(spoken(words)))
    assert found == funasrs(reference(folder.path), words)
    assert 2 < sum(map(found.count, "。.")) < 5


def test_a_text_without_any_mark_is_read_in_bounded_pieces() -> None:
    lengths = []

    def read(words: NDArray[np.int64]) -> Array:
        lengths.append(len(words))
        return np.log([[0.9, 0.1]] * len(words)).astype(np.float32)

    found = mark([1] * 5_000, ["_", "。"], read)
    assert [word.mark for word in found] == ["_"] * 4_999 + ["。"]
    assert max(lengths) <= LONGEST + AT_ONCE


def test_the_network_says_how_sure_it_is_of_a_mark(punctuator: CtPunc, original: Reference) -> None:
    words = random_words(20, 3)
    numbers = torch.tensor([original.tokenizer.encode(words)])
    with torch.inference_mode():
        scores, _ = original.network.punc_forward(numbers, torch.tensor([20]))
    best = scores[0].log_softmax(dim=1).amax(dim=1)
    tokens = punctuator.punctuate(spoken(words))
    marked = {one.end_ms: two for one, two in pairwise(tokens) if two.text in SHOWN}
    assert len(marked) > 3
    for end_ms, shown in marked.items():
        word = end_ms // 100
        if word < len(words) - 1:  # behind the last, a sentence ends whether it is likely or not
            assert shown.logprob == pytest.approx(float(best[word]), abs=1e-3)
        assert shown.start_ms == shown.end_ms == end_ms


def test_words_keep_their_times_and_posteriors(punctuator: CtPunc) -> None:
    tokens = spoken(random_words(90, 1))
    kept = [token for token in punctuator.punctuate(tokens) if token.text not in SHOWN]
    assert [(t.text.lower(), t.start_ms, t.end_ms, t.logprob) for t in kept] == [
        (t.text.lower(), t.start_ms, t.end_ms, t.logprob) for t in tokens
    ]


@pytest.mark.parametrize("tokens", [[], [Token("", 0, 0, 0.0)], [Token("  ", 0, 10, 0.0)]])
def test_a_text_without_words_stays_as_it_is(punctuator: CtPunc, tokens: list[Token]) -> None:
    assert punctuator.punctuate(tokens) == tuple(tokens)


def test_letters_in_several_tokens_are_one_word(punctuator: CtPunc) -> None:
    whole = [Token(" word7", 0, 20, 0.0), Token("字", 20, 30, 0.0)]
    parts = [Token(" wo", 0, 10, 0.0), Token("rd7", 10, 20, 0.0), Token("字", 20, 30, 0.0)]
    assert text(punctuator.punctuate(parts)) == text(punctuator.punctuate(whole))


def test_characters_in_one_token_are_marked_at_its_end_only(folder: ModelFolder) -> None:
    punctuator = with_marks(folder, [-9.0, -9.0, 9.0, -9.0, -9.0, -9.0])
    found = punctuator.punctuate([Token("你好", 0, 20, 0.0), Token("字", 20, 30, 0.0)])
    assert [token.text for token in found] == ["你好", "，", "字", "。"]


def test_an_acronym_keeps_its_capitals(punctuator: CtPunc) -> None:
    first, *_ = punctuator.punctuate([Token(" NBA", 0, 10, 0.0), Token("字", 10, 20, 0.0)])
    assert first.text == " NBA"


def test_texts_end_with_a_full_stop_of_their_script(folder: ModelFolder) -> None:
    punctuator = with_marks(folder, NOTHING)
    assert text(punctuator.punctuate(spoken(["word1"]))) == "Word1."
    assert text(punctuator.punctuate(spoken(["word1", "字"]))) == "Word1字。"


def rewrite(folder: ModelFolder, change: dict[str, Any]) -> None:
    path = folder.path / "config.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))


CONF = SMALL_CT_PUNC["model_conf"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "CTTransformerStreaming"}, "CTTransformer"),
        ({"encoder": "SANMVadEncoder"}, "SANMEncoder"),
        ({"model_conf": {**CONF, "punc_list": "many"}}, "punc_list"),
        ({"model_conf": {**CONF, "sentence_end_id": 2}}, "full stop"),
        ({"model_conf": {**CONF, "sentence_end_id": 9}}, "full stop"),
        ({"model_conf": {**CONF, "embed_unit": 64}}, "embed_unit"),
        ({"model_conf": {**CONF, "att_unit": 64}}, "att_unit"),
        ({"encoder_conf": {**SMALL_CT_PUNC["encoder_conf"], "num_blocks": 5}}, "Missing"),
        ({"tokenizer_conf": {"unk_symbol": "<other>"}}, "<other>"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, change: dict[str, Any], named: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(ModelUnusable) as caught:
        CtPunc.load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("words", [{}, [1], ["<unk>", "a", "a"], ["a"], ["<unk>"]])
def test_a_vocabulary_that_does_not_fit_is_refused(folder: ModelFolder, words: Any) -> None:
    (folder.path / VOCABULARY).write_text(json.dumps(words))
    with pytest.raises(ModelUnusable):
        CtPunc.load(folder)


@pytest.mark.parametrize("name", ["config.yaml", VOCABULARY, WEIGHTS])
def test_without_a_file_there_is_no_model(folder: ModelFolder, name: str) -> None:
    (folder.path / name).unlink()
    with pytest.raises(ModelError):
        CtPunc.load(folder)


def test_funasr_is_not_needed_and_nothing_heavy_before_a_model_is_loaded(small: Path) -> None:
    script = (
        "import sys; from shared.nets.punctuation import CtPunc; before = set(sys.modules)\n"
        "from pathlib import Path; from shared.models.folder import ModelFolder\n"
        "CtPunc.load(ModelFolder('a/b', Path(sys.argv[1]), None))\n"
        "print('torch' in before, 'torch' in sys.modules, 'funasr' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, small], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]
