"""What a recording's frames are to become: tags, pieces, and which piece each frame is in.

CTC alone lets a piece come late and last but one frame. The synthesisers tell where each word is,
so here every frame of it is labelled, and an alignment finds its start and its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from models.tiny.asr.pieces import tag
from models.tiny.asr.utterances import Said
from models.tiny.asr.words import FULL_STOP, spell

FRAME_SECONDS = 0.06  # FunASR counts frame ``t`` as the 60 ms about ``t * 60`` ms
BLANK = 0

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Target:
    """Numbers of pieces.

    Attributes:
        tags: language, emotion, event and text norm: what the four queries say.
        pieces: the text.
        frames: the piece that each frame is in, or the blank.
    """

    tags: Numbers
    pieces: Numbers
    frames: Numbers


def make_target(
    model: sentencepiece.SentencePieceProcessor, said: Said, frames: int, normalised: bool
) -> Target:
    """The target of so many frames; for ``normalised`` see ``words.spell``."""
    norm = "withitn" if normalised else "woitn"
    if said.language is None:
        tags = ("nospeech", "EMO_UNKNOWN", "BGM" if said.music else "Event_UNK", norm)
        return Target(_numbers(model, tags), np.empty(0, np.int64), np.full(frames, BLANK))
    pieces: list[int] = []
    places: list[tuple[float, float]] = []
    for unit, (start, end) in zip(said.units, said.spans, strict=True):
        parts = model.encode(spell(unit, said.language, normalised))
        shares = [len(model.id_to_piece(part).strip("▁")) for part in parts]
        edges = start + (end - start) * np.cumsum([0, *shares]) / sum(shares)
        pieces += parts
        places += pairwise(edges.tolist())
    labels = _label(pieces, places, frames)
    if normalised:
        pieces.append(model.piece_to_id(FULL_STOP[said.language]))
        after = int(np.flatnonzero(labels)[-1]) + 1
        labels[after : after + 1] = pieces[-1]
    tags = (said.language, "NEUTRAL", "Speech", norm)
    return Target(_numbers(model, tags), np.array(pieces), labels)


def _numbers(model: sentencepiece.SentencePieceProcessor, tags: tuple[str, ...]) -> Numbers:
    return np.array([model.piece_to_id(tag(name)) for name in tags])


def _label(pieces: list[int], places: list[tuple[float, float]], frames: int) -> Numbers:
    """At least one frame for each piece, and a blank between two that are the same."""
    labels = np.full(frames, BLANK)
    free = 0
    for piece, (start, end) in zip(pieces, places, strict=True):
        first = min(max(free, ceil(start / FRAME_SECONDS)), frames - 1)
        last = max(first + 1, ceil(end / FRAME_SECONDS))
        if first and first < frames and labels[first - 1] == piece:
            if first > 1 and labels[first - 2] == piece:
                labels[first - 1] = BLANK
            elif last > first + 1:
                first += 1
        labels[first:last] = piece
        free = last
    return labels
