"""How good a model folder is: on windows of held-out voices, and on their conversations.

python -m models.tiny.speaker.evaluate --cache FOLDER [--model FOLDER] [--conversations N]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models.tiny.sound.acoustics import Samples
from models.tiny.speaker.conversations import Turn, make_conversation
from models.tiny.speaker.dataset import Dataset, load
from models.tiny.speaker.diarize import FRAMES_PER_SECOND, cluster, error_rate
from models.tiny.speaker.network import MODEL_FOLDER
from models.tiny.speaker.scores import Cosines, equal_error, pair_up
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.speaker import CamPlus

VOICES = (2, 3, 4, 5)
CONVERSATIONS = 10  # for each number of voices
SECONDS = 90.0
WINDOW, SHIFT = 148, 75  # frames: 1.5 s, every 0.75 s
WINDOWS = 3  # of each held-out recording

Percentiles = tuple[float, float, float]


@dataclass(frozen=True)
class Diarized:
    """Conversations of so many voices, with the true turns' borders given.

    Attributes:
        voices: people in each.
        count: conversations.
        error: share of the speech that is given to the wrong person.
        error_of_known: the same where the number of people is given.
        counted: conversations whose number of people was found.
    """

    voices: int
    count: int
    error: float
    error_of_known: float
    counted: int


@dataclass(frozen=True)
class Report:
    """The figures of a model folder.

    Attributes:
        voices: number of held-out identities.
        equal_error: equal error rate of pairs of windows of 1.5 s.
        same: 5th, 50th and 95th percentile of the cosines of one voice in two recordings.
        different: the same of two voices.
        conversations: one row per number of voices.
    """

    voices: int
    equal_error: float
    same: Percentiles
    different: Percentiles
    conversations: tuple[Diarized, ...]


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, help="keeps the recordings")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
    options = parser.parse_args()
    heldout = load(options.cache, "heldout", options.seed)
    report = evaluate(options.model, heldout, options.conversations)
    for name, value in asdict(report).items():
        print(name, value)


def evaluate(folder: Path, heldout: Dataset, conversations: int) -> Report:
    """Measures a model folder; see ``Report``.

    Raises:
        ModelError: the folder holds no model.
    """
    embedder = CamPlus.load(ModelFolder("/".join(folder.parts[-2:]), folder, None))
    same, different = compare(embedder, heldout)
    return Report(
        len(np.unique(heldout.speakers)),
        equal_error(same, different),
        _percentiles(same),
        _percentiles(different),
        tuple(diarize(embedder, voices, conversations) for voices in VOICES),
    )


def compare(embedder: CamPlus, recordings: Dataset) -> tuple[Cosines, Cosines]:
    """Cosines of windows of one voice, and of different ones; see ``pair_up``."""
    chosen = np.repeat(np.arange(len(recordings.speakers)), WINDOWS)
    windows = recordings.crops(np.random.default_rng(0), chosen, WINDOW)
    return pair_up(embedder.embed(windows), recordings.speakers[chosen], chosen)


def diarize(embedder: CamPlus, voices: int, count: int) -> Diarized:
    """Diarizes that many held-out conversations, each decided by its number."""
    errors, known, counted = [], [], 0
    for number in range(count):
        rng = np.random.default_rng([voices, number])
        samples, turns = make_conversation(rng, voices, "heldout", SECONDS)
        spans, embeddings = embed_turns(embedder, samples, turns)
        labels = cluster(embeddings)
        errors.append(error_rate(turns, spans, labels))
        known.append(error_rate(turns, spans, cluster(embeddings, voices)))
        counted += int(labels.max() + 1 == voices)
    return Diarized(voices, count, float(np.mean(errors)), float(np.mean(known)), counted)


def embed_turns(
    embedder: CamPlus, samples: Samples, turns: list[Turn]
) -> tuple[list[tuple[int, int]], Array]:
    """Windows of a conversation's turns, in frames of 10 ms, and their embeddings."""
    features = embedder.features(samples)
    spans = [span for turn in turns for span in _windows(turn)]
    return spans, embedder.embed(features[first:last] for first, last in spans)


def _windows(turn: Turn) -> Iterator[tuple[int, int]]:
    """Windows from a turn's start on; the last one reaches back to be a whole one."""
    start, end = (round(edge * FRAMES_PER_SECOND) for edge in (turn.start, turn.end))
    for first in range(start, max(start + 1, end - WINDOW + SHIFT), SHIFT):
        last = min(first + WINDOW, end)
        yield max(start, last - WINDOW), last


def _percentiles(cosines: Cosines) -> Percentiles:
    low, middle, high = np.quantile(cosines, (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


if __name__ == "__main__":
    main()
