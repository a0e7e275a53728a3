"""The sentencepiece model: byte pair encoding of the vocabulary, and SenseVoice's tags.

Number 0 is CTC's blank, 1 and 2 are the sentence's borders, then come the tags, as symbols that no
text is split into; then pieces of words. A Mandarin character is a piece, an English word one or a
few. As in SenseVoice's own, a space is part of the piece after it.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import sentencepiece

from models.tiny.asr.words import FULL_STOP, VOCABULARY

MODEL = "chn_jpn_yue_eng_ko_spectok.bpe.model"
TOKENS = "tokens.json"
LANGUAGE_TAGS = ("zh", "en", "yue", "ja", "ko", "nospeech")
EMOTION_TAGS = ("HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL", "DISGUSTED", "SURPRISED",
                "EMO_UNKNOWN")  # fmt: skip
EVENT_TAGS = ("Speech", "BGM", "Applause", "Laughter", "Cry", "Sneeze", "Breath", "Cough",
              "Event_UNK")  # fmt: skip
NORM_TAGS = ("withitn", "woitn")
PIECES = 312  # so many that three English words of four are one piece


def tag(name: str) -> str:
    """As it stands in a transcript."""
    return f"<|{name}|>"


def write_pieces(folder: Path) -> None:
    """Writes the sentencepiece model and the list of its pieces."""
    model = io.BytesIO()
    names = (*LANGUAGE_TAGS, *EMOTION_TAGS, *EVENT_TAGS, *NORM_TAGS)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_corpus()),
        model_writer=model,
        model_type="bpe",
        vocab_size=PIECES,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,  # so that text after a tag is split as it is within
        remove_extra_whitespaces=False,
        user_defined_symbols=[tag(name) for name in names],
        minloglevel=2,
    )
    (folder / MODEL).write_bytes(model.getvalue())
    pieces = read_pieces(folder)
    listed = [pieces.id_to_piece(number) for number in range(pieces.get_piece_size())]
    text = json.dumps(listed, ensure_ascii=False, indent=0)
    (folder / TOKENS).write_text(text + "\n", encoding="utf-8")


def read_pieces(folder: Path) -> sentencepiece.SentencePieceProcessor:
    """The sentencepiece model of a folder."""
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / MODEL))


def _corpus() -> list[str]:
    """What the pieces are made of: no character stands beside another, and numerals come often."""
    english = [f" {word}" for kind in ("digits", "commands")
               for word in getattr(VOCABULARY["en"], kind)]  # fmt: skip
    chinese = ["".join(VOCABULARY["zh"].digits + VOCABULARY["zh"].commands)]
    numerals = [*map(str, range(10)), *(f" {number}" for number in range(10))]
    return [*english, *dict.fromkeys("".join(chinese)), *numerals * 20, *FULL_STOP.values()]
