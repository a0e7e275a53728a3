"""Fits the read-out, and writes its weights.

    python -m models.readout.train --packages FOLDER --models FOLDER

The folder of packages keeps the recordings, which are fetched if it is not there; that of models
has the real FSMN-VAD. No labelled recording is looked at: those say what the weights are worth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.readout import prompts
from models.readout.scenes import hear
from shared.features import Array
from shared.models.folder import locate
from shared.nets.vad import FsmnVad, readout

MODEL = "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"
WEIGHTS = Path(readout.__file__).with_name("readout_weights.py")
SCENES = 900
STEP = 5  # frames: neighbours say almost the same
RIDGE = 100.0
ROUNDS = 8


def main() -> None:
    """Run the command of this module."""
    options = arguments(__doc__)
    vad = load(options)
    inputs, truths = [], []
    for heard in hear(vad, options.packages, "train", SCENES, seed=0):
        inputs.append(readout.log(heard.posteriors[::STEP]))
        truths.append(heard.labels[::STEP])
    weights, bias = fit(np.concatenate(inputs), np.concatenate(truths))
    WEIGHTS.write_text(source(weights, bias), encoding="utf-8")


def arguments(description: str | None) -> argparse.Namespace:
    """What the commands here are told, with the packages fetched."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--packages", type=Path, required=True, help="keeps the recordings")
    parser.add_argument("--models", type=Path, required=True, help="has the real FSMN-VAD")
    options = parser.parse_args()
    if not options.packages.exists():
        prompts.fetch(options.packages)
    return options


def load(options: argparse.Namespace) -> FsmnVad:
    """The real network.

    Raises:
        ModelError: it is not in the folder of models.
    """
    return FsmnVad.load(locate(MODEL, options.models))


def fit(inputs: Array, truth: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Logistic regression with a ridge, by Newton's method.

    Source: Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2009, 4.4.1.

    Args:
        inputs: shape (frames, outputs).
        truth: whether each frame is speech.

    Returns:
        Weights of shape (outputs,), and the bias, for log odds.
    """
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    design = np.column_stack(((inputs - mean) / spread, np.ones(len(inputs), np.float32)))
    ridge = RIDGE * np.eye(design.shape[1])
    ridge[-1, -1] = 0.0  # not of the bias
    found = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        speech = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (speech - truth) + ridge @ found
        curvature = (design.T * (speech * (1 - speech))) @ design + ridge
        found -= np.linalg.solve(curvature, slope)
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ mean)


def source(weights: NDArray[np.float64], bias: float) -> str:
    """The module that has the weights in it."""
    numbers = [f"{weight:.4f}" for weight in weights]
    rows = [", ".join(numbers[start : start + 10]) for start in range(0, len(numbers), 10)]
    return "\n".join([
        '"""The read-out of FSMN-VAD\'s 248 outputs; written by ``models/readout/train.py``."""',
        "",
        "# fmt: off",
        f"BIAS = {bias:.4f}",
        "WEIGHTS = (",
        *(f"    {row}," for row in rows),
        ")  # of the logarithm of each output's probability",
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
