from __future__ import annotations

import numpy as np
import pytest
import sentencepiece

from models.tiny.asr.network import MODEL_FOLDER
from models.tiny.asr.pieces import PIECES, read_pieces
from models.tiny.asr.targets import BLANK, make_target
from models.tiny.asr.utterances import Said
from models.tiny.asr.words import LANGUAGES, VOCABULARY, Language, units, write


@pytest.fixture(scope="module")
def pieces() -> sentencepiece.SentencePieceProcessor:
    return read_pieces(MODEL_FOLDER)


def said(language: Language, *words: tuple[str, float, float]) -> Said:
    spans = np.array([span for _, *span in words])
    return Said(language, [word for word, *_ in words], spans)


def named(pieces: sentencepiece.SentencePieceProcessor, numbers: np.ndarray) -> list[str]:
    return [pieces.id_to_piece(int(number)) if number else "" for number in numbers]


def test_a_frame_has_the_piece_that_is_said_in_its_middle(
    pieces: sentencepiece.SentencePieceProcessor,
) -> None:
    target = make_target(
        pieces, said("zh", ("七", 0.1, 0.25), ("灯", 0.25, 0.36)), 9, normalised=False
    )
    assert named(pieces, target.frames) == ["", "", "七", "七", "七", "灯", "", "", ""]
    assert named(pieces, target.tags) == ["<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>"]


def test_a_piece_has_a_frame_however_short_it_is(
    pieces: sentencepiece.SentencePieceProcessor,
) -> None:
    target = make_target(
        pieces, said("zh", ("七", 0.01, 0.02), ("灯", 0.02, 0.03)), 5, normalised=False
    )
    assert named(pieces, target.frames) == ["", "七", "灯", "", ""]


def test_a_word_at_the_very_end_has_the_last_frame(
    pieces: sentencepiece.SentencePieceProcessor,
) -> None:
    target = make_target(pieces, said("zh", ("灯", 0.5, 0.54)), 9, normalised=True)
    assert named(pieces, target.frames) == [""] * 8 + ["灯"]


def test_there_is_a_blank_between_two_of_the_same(
    pieces: sentencepiece.SentencePieceProcessor,
) -> None:
    target = make_target(
        pieces, said("zh", ("七", 0.0, 0.18), ("七", 0.18, 0.3)), 6, normalised=False
    )
    assert named(pieces, target.frames) == ["七", "七", "", "七", "七", ""]


def test_a_full_stop_follows_the_last_word(pieces: sentencepiece.SentencePieceProcessor) -> None:
    target = make_target(pieces, said("en", ("seven", 0.0, 0.12)), 4, normalised=True)
    assert named(pieces, target.frames) == ["▁7", "▁7", ".", ""]
    assert named(pieces, target.tags)[-1] == "<|withitn|>"


def test_noise_has_no_pieces(pieces: sentencepiece.SentencePieceProcessor) -> None:
    target = make_target(pieces, Said(None, [], np.empty((0, 2))), 3, normalised=False)
    assert not target.pieces.size
    assert (target.frames == BLANK).all()
    assert named(pieces, target.tags)[:3] == ["<|nospeech|>", "<|EMO_UNKNOWN|>", "<|Event_UNK|>"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("normalised", [False, True])
def test_pieces_are_those_of_the_text_after_a_tag(
    pieces: sentencepiece.SentencePieceProcessor, language: Language, normalised: bool
) -> None:
    vocabulary = VOCABULARY[language]
    parts = units([*vocabulary.commands, *vocabulary.digits], language)
    spans = np.arange(2.0 * len(parts)).reshape(-1, 2)
    target = make_target(pieces, Said(language, parts, spans), 20_000, normalised)
    text = write(parts, language, normalised)
    space = " " if language == "en" else ""
    assert target.pieces.tolist() == pieces.encode(f"<|woitn|>{space}{text}")[1:]
    assert pieces.decode(target.pieces.tolist()).strip() == text


def test_text_is_written_as_the_query_asks() -> None:
    assert write(["turn", "on", "seven", "five"], "en", normalised=True) == "turn on 7 5."
    assert write(["turn", "on", "seven", "five"], "en", normalised=False) == "turn on seven five"
    assert write(["打", "开", "七", "五"], "zh", normalised=True) == "打开75。"
    assert write([], "en", normalised=True) == ""


def test_some_words_are_one_piece_and_some_are_several(
    pieces: sentencepiece.SentencePieceProcessor,
) -> None:
    assert pieces.get_piece_size() == PIECES
    counts = [len(pieces.encode(f" {word}")) for word in VOCABULARY["en"].commands]
    assert set(counts) == {1, 2}
    assert all(len(pieces.encode(one)) == 1 for one in "".join(VOCABULARY["zh"].commands))
