"""From the network's best outputs, frame by frame, to a transcript.

Greedy CTC: of neighbouring frames with the same output one counts, and the blank says nothing
(Graves et al., "Connectionist temporal classification", 2006).

A token was said where its frames are. FunASR aligns the tokens with all outputs once more; but no
alignment scores higher than the best output of every frame, and that is one of these very tokens,
so it finds the same.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from shared.features import Array
from shared.nets.asr.sensevoice.vocabulary import Vocabulary
from shared.nets.asr.transcript import Token, Transcript

BLANK = 0
QUERIES = 4  # outputs in front of those of the frames
FRAME_MS = 60
EARLY_MS = 30  # by which FunASR dates an output before its frame
LANGUAGES = ("zh", "en", "yue", "ja", "ko")
EMOTIONS = ("happy", "sad", "angry", "neutral", "fearful", "disgusted", "surprised")
EVENTS = ("speech", "bgm", "applause", "laughter", "cry", "sneeze", "breath", "cough")

Run = tuple[int, int, int, float]


def read(outputs: NDArray[np.int64], logprobs: Array, vocabulary: Vocabulary) -> Transcript:
    """The transcript of one utterance.

    Args:
        outputs: the best output of each query and frame, shape (queries + frames,).
        logprobs: natural logarithms of their posteriors, of the same shape.
        vocabulary: what the outputs stand for.
    """
    said: list[tuple[bytes, Run]] = []
    tags: list[str] = []
    for run in _runs(outputs, logprobs):
        piece = vocabulary[run[0]]
        if piece.tag is not None:
            tags.append(piece.tag.lower())
        elif piece.text:
            said.append((piece.text, run))
    return Transcript(
        tokens=tuple(_tokens(said)),
        language=next((tag for tag in tags if tag in LANGUAGES), None),
        emotion=next((tag for tag in tags if tag in EMOTIONS), None),
        events=tuple(dict.fromkeys(tag for tag in tags if tag in EVENTS)),
    )


def _runs(outputs: NDArray[np.int64], logprobs: Array) -> Iterator[Run]:
    """Output, start and end in milliseconds, and highest posterior of frames that are alike."""
    firsts = np.flatnonzero(np.diff(outputs, prepend=-1))
    highest = np.maximum.reduceat(logprobs, firsts)
    edges = np.append(firsts, len(outputs)) - QUERIES
    times = np.maximum(0, edges * FRAME_MS - EARLY_MS)
    runs = zip(outputs[firsts], times[:-1], times[1:], highest, strict=True)
    for output, start, end, logprob in runs:
        if output != BLANK:
            yield int(output), int(start), int(end), float(logprob)


def _tokens(said: list[tuple[bytes, Run]]) -> Iterator[Token]:
    """Tokens of whole characters: pieces that are a byte each wait for the others."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    waiting: list[Run] = []
    for number, (piece, run) in enumerate(said, start=1):
        waiting.append(run)
        if text := decoder.decode(piece, final=number == len(said)):
            logprob = min(logprob for *_, logprob in waiting)
            yield Token(text, waiting[0][1], run[2], logprob)
            waiting.clear()
