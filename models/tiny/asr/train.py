"""Trains the tiny recogniser and writes its model folder, lock and card.

    python -m models.tiny.asr.train --cache FOLDER [--seed 0]

Needs espeak-ng and flite, and about an hour and a half on two shared cores that know bfloat16. The
cache folder keeps the recordings and the weights of each finished round, so that an interrupted
training goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from models.tiny.asr.batches import IGNORED, Batch, Disturbance, batches, stack
from models.tiny.asr.dataset import PARTS, Example, load
from models.tiny.asr.evaluate import evaluate
from models.tiny.asr.network import MODEL_FOLDER, QUERIES, build, logits
from models.tiny.asr.pieces import read_pieces, write_pieces
from models.tiny.asr.release import write_card, write_model
from shared.features import Cmvn

MATRIX_RATE, PEAK_RATE = 5e-3, 2e-3
CTC_SHARE, TAGS_SHARE = 0.3, 0.3  # of the losses beside the frames' own
NORMALISED_FROM = 2000  # recordings
SHOWN_EVERY = 100  # steps


@dataclass(frozen=True)
class Round:
    """A number of batches, and how far their recordings are disturbed."""

    steps: int
    disturbance: Disturbance


ROUNDS = (
    Round(7000, Disturbance(noise=0.4, loudest=-2.0, colour=0.0, warp=0.08)),
    Round(6000, Disturbance(noise=0.5, loudest=-1.5, colour=0.6, warp=0.1)),
)
"""One after the other: what is harder is learnt once what is easier is known."""


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, help="keeps the recordings")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="more only where cores are idle")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    write_pieces(MODEL_FOLDER)
    parts = (load(options.cache, options.seed, part) for part in range(PARTS))
    examples = list(chain.from_iterable(parts))
    cmvn = measure(examples)
    network = build()
    for number, one in enumerate(ROUNDS):
        weights = options.cache / f"round-{number}-of-seed-{options.seed}.pt"
        if not weights.exists():
            fit(network, examples, cmvn, one, options.seed)
            torch.save(network.state_dict(), weights)
        network.load_state_dict(torch.load(weights, weights_only=True))
    write_model(MODEL_FOLDER, network.eval(), cmvn)
    write_card(MODEL_FOLDER, evaluate(MODEL_FOLDER))


def measure(examples: Sequence[Example]) -> Cmvn:
    """What brings the features of the recordings to a mean of 0 and a variance of 1."""
    every = max(1, len(examples) // NORMALISED_FROM)
    features = np.concatenate([
        stack(example.fbank.astype(np.float32)) for example in examples[::every]
    ])  # fmt: skip
    return Cmvn(-features.mean(axis=0), 1 / features.std(axis=0))


def fit(
    network: Any,  # noqa: ANN401 - funasr is untyped
    examples: Sequence[Example],
    cmvn: Cmvn,
    of: Round,
    seed: int,
) -> None:
    """Trains FunASR's network.

    Args:
        network: changed in place.
        examples: what to train on.
        cmvn: normalisation of the features.
        of: how long, and how hard it is made.
        seed: decides batches and how they are disturbed.
    """
    optimisers, schedules = optimise(network, of.steps)
    pieces, rng = read_pieces(MODEL_FOLDER), np.random.default_rng(seed)
    drawn = batches(examples, pieces, of.disturbance, rng)
    seen: list[list[float]] = []
    for step, batch in enumerate(islice(drawn, of.steps), start=1):
        frames, ctc, tags = losses(network.train(), batch, cmvn)
        network.zero_grad()
        (frames + CTC_SHARE * ctc + TAGS_SHARE * tags).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        for optimiser, schedule in zip(optimisers, schedules, strict=True):
            optimiser.step()
            schedule.step()
        seen.append([frames.item(), ctc.item(), tags.item()])
        if step % SHOWN_EVERY == 0:
            shown = " ".join(f"{loss:.3f}" for loss in np.mean(seen[-SHOWN_EVERY:], axis=0))
            print(f"step {step:5} of {of.steps}: frames, CTC, tags {shown}", flush=True)


def optimise(network: Any, steps: int) -> tuple[list[Optimizer], list[OneCycleLR]]:  # noqa: ANN401
    """Muon for the encoder's matrices and AdamW for the rest, each with a one-cycle rate.

    Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; here it
    needs half the steps that AdamW alone does.
    """
    matrices = [one for one in network.encoder.parameters() if one.ndim == 2]
    others = [one for one in network.parameters() if all(one is not matrix for matrix in matrices)]
    optimisers: list[Optimizer] = [
        torch.optim.Muon(matrices, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.02),
    ]
    rates = zip(optimisers, (MATRIX_RATE, PEAK_RATE), strict=True)
    return optimisers, [
        OneCycleLR(one, rate, steps, pct_start=0.1, cycle_momentum=False) for one, rate in rates
    ]


def losses(network: Any, batch: Batch, cmvn: Cmvn) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401
    """Cross entropy of the frames' labels, CTC's of the pieces, cross entropy of the tags."""
    features = (batch.features + torch.from_numpy(cmvn.shift)) * torch.from_numpy(cmvn.scale)
    with torch.autocast("cpu", torch.bfloat16):
        scores = logits(network, features, batch.lengths, batch.languages, batch.norms)
    scores = scores.float()
    tags, speech = scores[:, :QUERIES], scores[:, QUERIES:]
    entropy = nn.functional.cross_entropy
    ctc = nn.functional.ctc_loss(
        speech.log_softmax(-1).transpose(0, 1), batch.pieces, batch.lengths, batch.counts,
        reduction="sum", zero_infinity=True,
    )  # fmt: skip
    return (
        entropy(speech.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED),
        ctc / batch.counts.sum().clamp(min=1),
        entropy(tags.flatten(0, 1), batch.tags.flatten()),
    )


if __name__ == "__main__":
    main()
