"""Trains the tiny detector and writes its model folder, lock and card.

    python -m models.tiny.vad.train --cache FOLDER [--seed 0]

Needs espeak-ng and flite, and about 20 minutes on two cores. The cache folder keeps the speech and
the scenes for the next run. With SPEECH_TEST_DATA set, the card gets the figures on TEN VAD too.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.tiny.vad.dataset import Dataset, load_heldout, load_training
from models.tiny.vad.evaluate import evaluate
from models.tiny.vad.network import (
    LFR_M,
    MELS,
    MODEL_FOLDER,
    SPEECH_FROM,
    build_encoder,
    score_frames,
    speech_odds,
    stack_frames,
)
from models.tiny.vad.release import write_card, write_model
from models.tiny.vad.scores import best_threshold
from shared.features import Array, Cmvn

EPOCHS = 6
BATCH = 8
PEAK_RATE = 4e-3
SMOOTHING = 0.02  # also keeps P(silence) away from 0 and 1, whose logarithm FunASR takes
FLOOR = math.log(np.finfo(np.float32).eps)  # Kaldi's lower bound of a log energy


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, help="keeps the synthesised corpus")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    train, tuning = load_training(options.cache, options.seed)
    cmvn = estimate_cmvn(train)
    network = fit(train, cmvn, np.random.default_rng(options.seed))
    calibrate(network, tuning, cmvn)
    write_model(MODEL_FOLDER, network, cmvn)
    write_card(MODEL_FOLDER, evaluate(MODEL_FOLDER, load_heldout(options.cache, options.seed)))


def estimate_cmvn(scenes: Dataset) -> Cmvn:
    """Mean and variance normalisation of the stacked features, from every tenth frame."""
    frames = scenes.fbank[:, ::10].reshape(-1, MELS).astype(np.float64)
    shift, scale = -frames.mean(axis=0), 1 / frames.std(axis=0)
    return Cmvn(*(np.tile(row, LFR_M).astype(np.float32) for row in (shift, scale)))


def fit(scenes: Dataset, cmvn: Cmvn, rng: np.random.Generator) -> nn.Module:
    """Trains an encoder by cross entropy with smoothed labels (AdamW, one-cycle rate)."""
    network = build_encoder(MODEL_FOLDER)
    steps = len(scenes.labels) // BATCH
    optimiser = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, steps * EPOCHS)
    for epoch in range(EPOCHS):
        total = 0.0
        for fbank, labels in batches(scenes, rng):
            logits = speech_odds(network, stack_frames(fbank, cmvn))
            target = labels * (1 - 2 * SMOOTHING) + SMOOTHING
            loss = nn.functional.binary_cross_entropy_with_logits(logits, target)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch left it so
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:2} of {EPOCHS}: loss {total / steps:.4f}", flush=True)
    return network.eval()


def batches(scenes: Dataset, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of augmented scenes: log mel energies and labels as float, in a new order."""
    order = rng.permutation(len(scenes.labels))
    for first in range(0, len(order) - BATCH + 1, BATCH):
        chosen = order[first : first + BATCH]
        fbank = colour(scenes.fbank[chosen].astype(np.float32), rng)
        yield torch.from_numpy(fbank), torch.from_numpy(scenes.labels[chosen].astype(np.float32))


def colour(fbank: Array, rng: np.random.Generator) -> Array:
    """Gives each scene another level (about 12 dB) and a smooth random equalisation.

    A filter of the signal is a sum in the log mel domain. Digital silence stays what it is.
    """
    knots = rng.normal(0.0, 0.6, (len(fbank), 6)) + rng.normal(0.0, 1.4, (len(fbank), 1))
    places = np.linspace(0, 5, MELS)
    curves = np.stack([np.interp(places, np.arange(6), row) for row in knots])[:, None]
    silent = fbank <= FLOOR + 0.01
    return np.where(silent, fbank, np.maximum(fbank + curves, FLOOR)).astype(np.float32)


def calibrate(network: nn.Module, scenes: Dataset, cmvn: Cmvn) -> None:
    """Moves the output's bias so that the end-point rules decide where the frame F1 is best."""
    best = best_threshold(score_frames(network, cmvn, scenes.fbank), scenes.labels)
    with torch.no_grad():
        network.get_parameter("out_linear2.linear.bias")[1] += SPEECH_FROM - best


if __name__ == "__main__":
    main()
