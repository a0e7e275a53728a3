"""Fits the read-out, and writes its weights.

    python -m models.readout.train --packages FOLDER --models FOLDER

The folder of packages keeps the recordings, which are fetched if it is not there; that of models
has the real FSMN-VAD. No labelled recording is looked at: those say what the weights are worth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.readout import prompts
from models.readout.scenes import scenes
from models.tiny.sound.acoustics import Samples
from models.tiny.sound.labels import Labels
from services.vad.precise import NEIGHBOURS
from shared.features import Array
from shared.models.folder import ModelFolder, locate
from shared.models.lean import load_weights
from shared.nets.config import read_config
from shared.nets.vad import Config, FsmnVad, readout
from shared.nets.vad.encoder import FsmnEncoder

MODEL = "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"
WEIGHTS = Path(readout.__file__).with_name("readout_weights.py")
SCENES = 3200
RIDGE = 1000.0
ROUNDS = 8
BLOCK = 20_000  # frames of which there is a copy in memory


def main() -> None:
    """Run the command of this module."""
    options = arguments(__doc__)
    listener = Listener(locate(MODEL, options.models))
    inputs, truths = [], []
    for scene in scenes(options.packages, "train", SCENES, seed=0):
        hidden, truth = averaged(listener.hear(scene.samples), scene.labels)
        inputs.append(hidden)
        truths.append(truth)
    weights, bias = fit(np.concatenate(inputs), np.concatenate(truths))
    WEIGHTS.write_text(source(weights, bias, listener.shape), encoding="utf-8")


def arguments(description: str | None) -> argparse.Namespace:
    """What the commands here are told, with the packages fetched."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--packages", type=Path, required=True, help="keeps the recordings")
    parser.add_argument("--models", type=Path, required=True, help="has the real FSMN-VAD")
    options = parser.parse_args()
    if not options.packages.exists():
        prompts.fetch(options.packages)
    return options


class Listener:
    """What the network makes of a recording before its outputs.

    Attributes:
        shape: the number of blocks, and their width.

    Raises:
        ModelError: the folder has no such network.
    """

    def __init__(self, folder: ModelFolder) -> None:
        sizes = read_config(folder, Config).encoder_conf
        self.shape = sizes.fsmn_layers, sizes.linear_dim
        self._vad = FsmnVad.load(folder)
        self._encoder = FsmnEncoder(sizes)
        load_weights(self._encoder, folder.asset("init_param"), prefix="encoder.")

    def hear(self, samples: Samples) -> Array:
        """What all blocks hand on, of shape (frames, blocks * width)."""
        features = np.concatenate(list(self._vad.features([samples])))
        with torch.inference_mode():
            blocks = self._encoder.blocks(torch.from_numpy(features), self._encoder.memory())
            heard: Array = torch.cat(list(blocks), dim=1).numpy()
        return heard


def averaged(hidden: Array, truth: Labels) -> tuple[Array, Labels]:
    """The neighbourhoods that mode ``precise`` averages, and whether their middles are speech.

    None has a frame of another: those say almost the same.
    """
    width = 2 * NEIGHBOURS + 1
    whole = len(hidden) // width * width
    means: Array = hidden[:whole].reshape(-1, width, hidden.shape[1]).mean(axis=1)
    return means, truth[NEIGHBOURS:whole:width]


def fit(inputs: Array, truth: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Logistic regression with a ridge, by Newton's method.

    Source: Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2009, 4.4.1.

    Args:
        inputs: shape (frames, values).
        truth: whether each frame is speech.

    Returns:
        Weights of shape (values,), and the bias, for log odds.
    """
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    ridge = RIDGE * np.eye(len(mean) + 1)
    ridge[-1, -1] = 0.0  # not of the bias
    found = np.zeros(len(ridge))
    for _ in range(ROUNDS):
        slope, curvature = ridge @ found, ridge.copy()
        for start in range(0, len(inputs), BLOCK):
            block = (inputs[start : start + BLOCK] - mean) / spread
            design = np.column_stack((block, np.ones(len(block), np.float32)))
            speech = 1 / (1 + np.exp(-np.clip(design @ found.astype(np.float32), -30, 30)))
            slope += design.T @ (speech - truth[start : start + BLOCK])
            curvature += (design.T * (speech * (1 - speech))) @ design
        found -= np.linalg.solve(curvature, slope)
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ mean)


def source(weights: NDArray[np.float64], bias: float, shape: tuple[int, int]) -> str:
    """The module that has the weights in it, of blocks and their width."""
    numbers = [f"{weight:.4f}" for weight in weights]
    rows = [", ".join(numbers[start : start + 10]) for start in range(0, len(numbers), 10)]
    return "\n".join([
        '"""The read-out of FSMN-VAD\'s blocks; written by ``models/readout/train.py``."""',
        "",
        "# fmt: off",
        f"SHAPE = {shape}  # blocks, and what each hands on",
        f"BIAS = {bias:.4f}",
        "WEIGHTS = (",
        *(f"    {row}," for row in rows),
        ")",
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
