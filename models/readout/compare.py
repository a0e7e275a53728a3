"""What the read-out and the rules after it are worth, beside others.

    python -m models.readout.compare --packages FOLDER --models FOLDER

Frame F1 on scenes of voices that the read-out was not fitted to, by which the rules were chosen;
and on TEN VAD's recordings, ``audio/ten-vad/`` in the folder that SPEECH_TEST_DATA names, by which
nothing was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.readout.scenes import scenes
from models.readout.train import MODEL, arguments
from models.tiny.sound.acoustics import Samples
from models.tiny.sound.labels import Labels
from models.tiny.vad.scores import frames_of, score, truth_of
from services.vad import precise
from services.vad.contract import VADRequest
from services.vad.detector import refine
from shared.decode import decode
from shared.features import Array
from shared.models.folder import locate
from shared.nets.vad import FsmnVad
from shared.nets.vad.readout import odds_against

SCENES = 130


class Example(NamedTuple):
    """Log odds by the read-out and by the output for silence alone, and the truth, per frame."""

    odds: Array
    alone: Array
    truth: Labels


class Rules(NamedTuple):
    """The rules of mode ``precise``, if none is given another value.

    Attributes:
        alone: decide by the output for silence alone.
        neighbours: how many on either side a frame is averaged with.
        threshold: for P(speech) - P(silence).
        below: hysteresis: speech ends this much below the threshold.
        silence: the shortest, in milliseconds.
        speech: likewise.
    """

    alone: bool = False
    neighbours: int = precise.NEIGHBOURS
    threshold: float = precise.THRESHOLD
    below: float = 0.0
    silence: int = precise.MIN_SILENCE_MS
    speech: int = precise.MIN_SPEECH_MS

    def decide(self, example: Example) -> Labels:
        """The frames that are speech."""
        leaning = precise.lean(example.alone if self.alone else example.odds, self.neighbours)
        if self.below:
            held = _held(leaning, self.threshold, self.threshold - self.below)
            leaning = np.where(held, np.float32(1), np.float32(-1))
        frames = len(example.truth)
        found = precise.stretches(leaning, self.threshold, frames / 100)
        request = VADRequest(audio="-", min_silence_ms=self.silence, min_speech_ms=self.speech)
        return frames_of(refine(found, frames / 100, request), frames)


CHANGES = {
    "as it is": Rules(),
    "the output for silence alone": Rules(alone=True),
    "the output for silence alone, threshold 0.4": Rules(alone=True, threshold=0.4),
    "frames not averaged": Rules(neighbours=0),
    "averaged over 90 ms": Rules(neighbours=4),
    "threshold -0.3": Rules(threshold=-0.3),
    "threshold 0.3": Rules(threshold=0.3),
    "hysteresis of 0.3": Rules(below=0.3),
    "shortest silence 0": Rules(silence=0),
    "shortest silence 200 ms": Rules(silence=200),
    "shortest speech 0": Rules(speech=0),
    "shortest speech 200 ms": Rules(speech=200),
}


def main() -> None:
    """Run the command of this module."""
    options = arguments(__doc__)
    vad = FsmnVad.load(locate(MODEL, options.models))
    made_up = scenes(options.packages, "heldout", SCENES, seed=0)
    sets = {"scenes": [_example(vad, [scene.samples], scene.labels) for scene in made_up]}
    if data := os.environ.get("SPEECH_TEST_DATA"):
        sets["TEN VAD"] = list(_recordings(vad, Path(data, "audio", "ten-vad")))
    print(f"{'frame F1':46}", *(f"{name:>10}" for name in sets))
    for name, rules in CHANGES.items():
        print(f"{name:46}", *(f"{_f1(examples, rules):10.4f}" for examples in sets.values()))


def _example(vad: FsmnVad, recording: list[Samples], truth: Labels) -> Example:
    return Example(vad.odds(recording), odds_against(vad.silence(recording)), truth)


def _recordings(vad: FsmnVad, folder: Path) -> Iterator[Example]:
    for path in sorted(folder.glob("*.scv")):
        with path.with_suffix(".wav").open("rb") as file:
            yield _example(vad, list(decode(file)), truth_of(path))


def _held(leaning: Array, on: float, off: float) -> Labels:
    """Hysteresis: what a frame between both thresholds is, the last one outside of them says."""
    decided = np.where(leaning >= on, 1, np.where(leaning < off, -1, 0))
    last = np.maximum.accumulate(np.where(decided != 0, np.arange(len(decided)), 0))
    speech: Labels = decided[last] > 0
    return speech


def _f1(examples: list[Example], rules: Rules) -> float:
    decided = np.concatenate([rules.decide(example) for example in examples])
    return score(decided, np.concatenate([example.truth for example in examples])).f1


if __name__ == "__main__":
    main()
