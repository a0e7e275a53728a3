"""Trains the tiny speaker embedder and writes its model folder, lock and card.

    python -m models.tiny.speaker.train --cache FOLDER [--seed 0] [--steps N]

Needs espeak-ng and flite, and about 80 minutes on two shared cores that know bfloat16. The cache
folder keeps the recordings and the best weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.tiny.speaker.dataset import TUNING_EVERY, Dataset, load
from models.tiny.speaker.evaluate import CONVERSATIONS, evaluate
from models.tiny.speaker.network import MODEL_FOLDER, build_narrow, widen
from models.tiny.speaker.release import write_card, write_model
from models.tiny.speaker.scores import equal_error, pair_up
from shared.features import Array

STEPS = 6000
BATCH = 32
WINDOW = 148  # frames of 1.5 s
SHORT = 0.15  # share of windows that hold a short utterance, repeated
SHORTEST = 50  # frames of one
PEAK_RATE = 2e-3
MARGIN = 0.2
SHARPNESS = 30.0
MARGIN_FROM, MARGIN_UNTIL = 0.1, 0.4  # of all steps: where the margin grows
TUNE_EVERY = 300  # steps
TUNING_WINDOWS = 2  # of each recording


class Margin(nn.Module):
    """Additive angular margin softmax over the training speakers, for training only.

    Source: Deng et al., "ArcFace", CVPR 2019; CAM++ was trained with it.
    """

    def __init__(self, size: int, speakers: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(nn.init.xavier_normal_(torch.empty(speakers, size)))

    def forward(self, embeddings: Tensor, speakers: Tensor, margin: float) -> Tensor:
        """Mean cross entropy of embeddings of shape ``(batch, size)``."""
        normalize = nn.functional.normalize
        cosines = normalize(embeddings) @ normalize(self.centres).T
        own = cosines.gather(1, speakers[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)
        harder = torch.cos(torch.acos(own) + margin)
        logits = cosines.scatter(1, speakers[:, None], harder)
        return nn.functional.cross_entropy(SHARPNESS * logits, speakers)


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, help="keeps the recordings")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1, help="more only where cores are idle")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    recordings = load(options.cache, "train", options.seed)
    best = options.cache / "best.pt"
    fit(recordings, best, options.steps, options.seed)
    write_model(MODEL_FOLDER, torch.load(best, weights_only=True))
    heldout = load(options.cache, "heldout", options.seed)
    write_card(MODEL_FOLDER, evaluate(MODEL_FOLDER, heldout, CONVERSATIONS))


def fit(recordings: Dataset, best: Path, steps: int, seed: int) -> None:
    """Trains (AdamW, one-cycle rate) and keeps the weights that part the tuning voices best.

    Args:
        recordings: the training split; a share of its voices is tuned on, not trained on.
        best: where the widened weights go.
        steps: number of batches.
        seed: decides batches and augmentation.
    """
    train, tuning = split(recordings)
    numbers = np.unique(recordings.speakers[train], return_inverse=True)[1]
    network = build_narrow()
    margin = Margin(192, int(numbers.max()) + 1)
    parameters = [*network.parameters(), *margin.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=PEAK_RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, steps, pct_start=0.2)
    lowest, losses = 1.0, list[float]()
    drawn = batches(recordings, train, np.random.default_rng(seed))
    for step, (chosen, features) in enumerate(islice(drawn, steps), start=1):
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = network.train()(torch.from_numpy(features).mT)
        growth = np.interp(step / steps, (MARGIN_FROM, MARGIN_UNTIL), (0.0, MARGIN))
        loss = margin(embeddings.float(), torch.from_numpy(numbers[chosen]), float(growth))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % TUNE_EVERY == 0 or step == steps:
            error = tuning_error(network, recordings, tuning)
            shown = f"loss {np.mean(losses[-TUNE_EVERY:]):.3f}, equal error {error:.4f} in tuning"
            print(f"step {step:5} of {steps}: {shown}", flush=True)
            if error <= lowest:
                lowest = error
                torch.save(widen(network), best)


def split(recordings: Dataset) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The recordings to train on, and those of the synthesiser's voices to tune on."""
    kept = np.isin(recordings.names, np.unique(recordings.names)[::TUNING_EVERY])
    return np.flatnonzero(~kept), np.flatnonzero(kept)


def batches(
    recordings: Dataset, train: NDArray[np.intp], rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.intp], Array]]:
    """Without end: places in ``train``, and a window of each of those recordings."""
    while True:
        order = rng.permutation(len(train))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[first : first + BATCH]
            crops = repeat_short(recordings.crops(rng, train[chosen], WINDOW), rng)
            yield chosen, disturb(crops, rng)


def repeat_short(crops: Array, rng: np.random.Generator) -> Array:
    """Lets some windows hold their beginning again and again, as a short utterance fills one."""
    for row in np.flatnonzero(rng.random(len(crops)) < SHORT):
        spoken = crops[row, : int(rng.integers(SHORTEST, WINDOW))].copy()
        crops[row] = np.resize(spoken, crops[row].shape)
    return crops


def disturb(fbank: Array, rng: np.random.Generator) -> Array:
    """Lays another noise under each window and takes its mean off.

    Energies add, so in the log mel domain a noise is a ``logaddexp``; its spectrum is smooth and
    its level up to that of the speech's mean.
    """
    count, mels = fbank.shape[0], fbank.shape[-1]
    knots = rng.normal(0.0, 1.0, (count, 6)) + rng.uniform(-8.0, 0.0, (count, 1))
    places = np.linspace(0, 5, mels)
    curves = np.stack([np.interp(places, np.arange(6), row) for row in knots])[:, None]
    grain = rng.normal(0.0, 0.7, fbank.shape).astype(np.float32)
    floor = (fbank.mean(axis=(1, 2), keepdims=True) + curves).astype(np.float32) + grain
    noisy: Array = np.logaddexp(fbank, floor)
    noisy -= noisy.mean(axis=1, keepdims=True)
    return noisy


def tuning_error(network: nn.Module, recordings: Dataset, tuning: NDArray[np.intp]) -> float:
    """Equal error rate between windows of the voices that are kept to tune on."""
    rng = np.random.default_rng(0)
    chosen = np.repeat(tuning, TUNING_WINDOWS)
    features = recordings.crops(rng, chosen, WINDOW)
    features -= features.mean(axis=1, keepdims=True)
    with torch.inference_mode():
        parts = [network.eval()(part.mT) for part in torch.split(torch.from_numpy(features), 32)]
    embeddings = torch.cat(parts).numpy()
    return equal_error(*pair_up(embeddings, recordings.speakers[chosen], chosen))


if __name__ == "__main__":
    main()
