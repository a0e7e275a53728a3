"""The pieces of text that the network's outputs stand for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sentencepiece import SentencePieceProcessor

from shared.errors import ModelUnusable

SPACE = "▁"  # SentencePiece's mark


class Piece(NamedTuple):
    """An output's meaning: some text, which may be a part of a character, or a tag.

    Attributes:
        text: in UTF-8; empty for marks such as the end of a sentence.
        tag: the name of a tag; ``zh`` of ``<|zh|>``.
    """

    text: bytes = b""
    tag: str | None = None


class Vocabulary:
    """A SentencePiece vocabulary.

    Args:
        path: its file.

    Raises:
        ModelUnusable: the file is something else.
    """

    def __init__(self, path: Path) -> None:
        self._processor = SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(path.read_bytes())
        except RuntimeError:
            raise ModelUnusable(f"{path.name} is no SentencePiece model") from None

    def __len__(self) -> int:
        return len(self._processor)

    def __getitem__(self, number: int) -> Piece:
        piece = self._processor.id_to_piece(number)
        if self._processor.is_control(number):
            return Piece()
        if self._processor.is_byte(number):  # <0xE4>
            return Piece(bytes.fromhex(piece[3:-1]))
        if piece.startswith("<|") and piece.endswith("|>"):
            return Piece(tag=piece[2:-2])
        return Piece(piece.replace(SPACE, " ").encode())
