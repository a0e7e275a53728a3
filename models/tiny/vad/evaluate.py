"""How good a model folder is: on held-out scenes, and on real recordings where they are at hand.

    python -m models.tiny.vad.evaluate --cache FOLDER [--model FOLDER]

SPEECH_TEST_DATA names a folder that holds TEN VAD's labelled recordings in ``audio/ten-vad/``:
``NN.wav`` with ``NN.scv``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.tiny.sound.labels import Labels
from models.tiny.vad.dataset import Dataset, load_heldout
from models.tiny.vad.network import (
    MODEL_FOLDER,
    SPEECH_FROM,
    FunasrDetector,
    load_encoder,
    score_frames,
)
from models.tiny.vad.scores import Score, frames_of, score, truth_of
from shared.features import Fbank


@dataclass(frozen=True)
class Report:
    """The figures of a model folder; those on TEN VAD are None without its recordings.

    Attributes:
        heldout: frames by themselves, on held-out scenes.
        ten_frames: frames by themselves, on TEN VAD's recordings.
        ten_segments: segments from FunASR's end-point rules, on TEN VAD's recordings.
        ten_always: calling everything speech, on TEN VAD's recordings.
    """

    heldout: Score
    ten_frames: Score | None = None
    ten_segments: Score | None = None
    ten_always: Score | None = None


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, help="keeps the synthesised corpus")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = evaluate(options.model, load_heldout(options.cache, options.seed))
    for name, figures in asdict(report).items():
        print(name, "skipped: SPEECH_TEST_DATA is not set" if figures is None else figures)


def evaluate(folder: Path, heldout: Dataset) -> Report:
    """Measures a model folder; see ``Report``.

    Raises:
        ModelUnusable: the folder's weights are not those of its configuration.
    """
    on_scenes = score(decide(folder, heldout.fbank), heldout.labels)
    data = os.environ.get("SPEECH_TEST_DATA")
    if not data:
        return Report(on_scenes)
    frames, segments, truths = zip(
        *_on_recordings(folder, Path(data, "audio", "ten-vad")), strict=True
    )
    truth = np.concatenate(truths)
    return Report(
        on_scenes,
        score(np.concatenate(frames), truth),
        score(np.concatenate(segments), truth),
        score(np.ones_like(truth), truth),
    )


def decide(folder: Path, fbank: NDArray[np.float16]) -> Labels:
    """The frames of scenes that a model folder calls speech, at the end-point rules' threshold."""
    return score_frames(*load_encoder(folder), fbank) >= SPEECH_FROM


def _on_recordings(model: Path, recordings: Path) -> Iterator[tuple[Labels, Labels, Labels]]:
    """Each recording's frames by threshold, frames by segments, and true frames."""
    detector = FunasrDetector(model)
    for path in sorted(recordings.glob("*.scv")):
        truth = truth_of(path)
        samples, _ = soundfile.read(path.with_suffix(".wav"), dtype="float32")
        alone = decide(model, Fbank()(samples).astype(np.float16)[None])[0]
        by_threshold = np.pad(alone, (0, max(0, truth.size - alone.size)))[: truth.size]
        yield by_threshold, frames_of(detector.segments(samples), truth.size), truth


if __name__ == "__main__":
    main()
