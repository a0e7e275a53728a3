"""Outputs become text, times and tags as unmodified funasr's do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import ModelUnusable
from shared.nets.asr import Token, Transcript
from shared.nets.asr.sensevoice.decoding import QUERIES, read
from shared.nets.asr.sensevoice.vocabulary import Vocabulary
from tests.funasr_sensevoice import PIECES, pieces, reference_times, sentencepiece_model

WORDS = ("▁he", "llo", "▁world", "你", "好", "。")
NUMBERS = {piece: number for number, (piece, _) in enumerate(pieces(WORDS))}
BLANK = "<unk>"  # what SenseVoice's vocabulary has in the blank's place
TAGGED = ("<|zh|>", "<|HAPPY|>", "<|Speech|>", "<|withitn|>")


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path = tmp_path_factory.mktemp("vocabulary") / PIECES
    path.write_bytes(sentencepiece_model(pieces(WORDS)))
    return Vocabulary(path)


def transcript(vocabulary: Vocabulary, *outputs: str) -> Transcript:
    """Of these best outputs of the queries and the frames, of falling posteriors."""
    numbers = np.array([NUMBERS[output] for output in outputs])
    return read(numbers, -np.arange(len(outputs), dtype=np.float32), vocabulary)


def test_the_vocabularys_pieces_are_counted(vocabulary: Vocabulary) -> None:
    assert len(vocabulary) == len(pieces(WORDS))


def test_frames_alike_are_one_token(vocabulary: Vocabulary) -> None:
    frames = (BLANK, "▁he", "▁he", "llo", BLANK, "llo", BLANK)
    found = transcript(vocabulary, *TAGGED, *frames)
    assert found == Transcript(
        tokens=(
            Token(" he", 30, 150, -5.0),
            Token("llo", 150, 210, -7.0),
            Token("llo", 270, 330, -9.0),
        ),
        language="zh",
        emotion="happy",
        events=("speech",),
    )
    assert found.text == "hellollo"


def test_time_begins_with_the_samples(vocabulary: Vocabulary) -> None:
    (token,) = transcript(vocabulary, *TAGGED, "你").tokens
    assert (token.start_ms, token.end_ms) == (0, 30)


def test_what_the_queries_say_besides_tags_is_said_at_the_beginning(
    vocabulary: Vocabulary,
) -> None:
    first, second = transcript(vocabulary, "你", BLANK, BLANK, "好", "好", "好").tokens
    assert (first.start_ms, first.end_ms) == (0, 0)
    assert (second.start_ms, second.end_ms) == (0, 90)


def test_tags_are_no_text_wherever_they_come(vocabulary: Vocabulary) -> None:
    outputs = ("<|en|>", "<|EMO_UNKNOWN|>", "<|BGM|>", "<|woitn|>", "▁he", "<|Laughter|>", "llo",
               "<|BGM|>", "<|SAD|>", "<|Event_UNK|>", "<|zh|>", "<|ANGRY|>")  # fmt: skip
    found = transcript(vocabulary, *outputs)
    assert found.text == "hello"
    assert (found.language, found.emotion) == ("en", "sad")
    assert found.events == ("bgm", "laughter")


def test_no_speech_has_no_language(vocabulary: Vocabulary) -> None:
    found = transcript(
        vocabulary, "<|nospeech|>", "<|EMO_UNKNOWN|>", "<|Event_UNK|>", "<|woitn|>", BLANK
    )
    assert found == Transcript()


@pytest.mark.parametrize("word", ["你", "é", "😀"])
def test_bytes_join_to_characters(vocabulary: Vocabulary, word: str) -> None:
    spelt = [f"<0x{byte:02X}>" for byte in word.encode()]
    found = transcript(vocabulary, *TAGGED, "好", *spelt, BLANK, *spelt, "。")
    count = len(spelt)
    assert [token.text for token in found.tokens] == ["好", word, word, "。"]
    assert found.tokens[1].start_ms == 30
    assert found.tokens[1].end_ms == 30 + 60 * count
    assert found.tokens[1].logprob == -4.0 - count  # a character is as sure as its least sure byte


def test_bytes_that_are_no_character_are_marked(vocabulary: Vocabulary) -> None:
    found = transcript(vocabulary, *TAGGED, "<0xE4>", "<0xBD>", "好", "<0xFF>", "<0xE4>")
    assert found.text == "\ufffd好\ufffd\ufffd"


def test_marks_of_a_sentences_ends_are_no_text(vocabulary: Vocabulary) -> None:
    assert transcript(vocabulary, *TAGGED, "<s>", "▁he", "</s>").text == "he"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((0, 0, 285, 286, 287)), min_size=1, max_size=25), st.integers(0))
def test_times_are_those_of_funasrs_alignment(
    vocabulary: Vocabulary, path: list[int], seed: int
) -> None:
    numbers = np.random.default_rng(seed % 2**32)
    scores = numbers.normal(0, 2, (len(path), len(vocabulary))).astype(np.float32)
    scores[np.arange(len(path)), path] = scores.max(axis=1) + 0.1
    logprobs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    tags = np.array([NUMBERS[tag] for tag in TAGGED])
    outputs = np.concatenate((tags, logprobs.argmax(axis=1)))
    highest = np.concatenate((np.zeros(QUERIES, np.float32), logprobs.max(axis=1)))
    tokens = read(outputs, highest, vocabulary).tokens
    said = [path[n] for n in range(len(path)) if path[n] and (not n or path[n] != path[n - 1])]
    expected = reference_times(logprobs, said) if said else []
    assert [(token.start_ms, token.end_ms) for token in tokens] == expected


@pytest.mark.parametrize("content", [b"", b"text"])
def test_another_file_is_no_vocabulary(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / PIECES
    path.write_bytes(content)
    with pytest.raises(ModelUnusable, match=PIECES):
        Vocabulary(path)
