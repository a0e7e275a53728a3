"""The model folder, in the hub's layout: weights, normalisation, lock and model card.

Its ``config.yaml`` and ``configuration.json`` are not made here: they are what the training reads.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

import torch
from torch import nn

from models.tiny.lock import REVISION, write_lock
from models.tiny.vad.evaluate import Report
from models.tiny.vad.scores import Score
from shared.features import Array, Cmvn

LOCKED = ("am.mvn", "config.yaml", "configuration.json", "model.pt")
CARD = Path(__file__).with_name("card.md")


def write_model(folder: Path, network: nn.Module, cmvn: Cmvn) -> None:
    """Writes the weights under FunASR's names, the normalisation and the lock."""
    state = {f"encoder.{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save(state, folder / "model.pt")
    (folder / "am.mvn").write_text(format_cmvn(cmvn), encoding="utf-8")
    write_lock(folder, LOCKED)


def format_cmvn(cmvn: Cmvn) -> str:
    """The normalisation in Kaldi's nnet text format."""
    size = len(cmvn.shift)
    return "\n".join([
        "<Nnet>",
        f"<Splice> {size} {size}",
        "[ 0 ]",
        f"<AddShift> {size} {size}",
        _coefficients(cmvn.shift),
        f"<Rescale> {size} {size}",
        _coefficients(cmvn.scale),
        "</Nnet>",
        "",
    ])  # fmt: skip


def write_card(folder: Path, report: Report) -> None:
    """Writes the model card with the figures of a report."""
    rows = [
        _row("frames by themselves, held-out synthetic scenes", report.heldout),
        _row("frames by themselves, TEN VAD", report.ten_frames),
        _row("segments from FunASR's end-point rules, TEN VAD", report.ten_segments),
        _row("calling everything speech, TEN VAD", report.ten_always),
    ]
    kilobytes = round((folder / "model.pt").stat().st_size / 1000)
    card = Template(CARD.read_text("utf-8")).substitute(
        figures="\n".join(rows), kilobytes=kilobytes, revision=REVISION
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def _coefficients(values: Array) -> str:
    return f"<LearnRateCoef> 0 [ {' '.join(f'{value:.7g}' for value in values)} ]"


def _row(what: str, score: Score | None) -> str:
    if score is None:
        return f"| {what} | not measured | | |"
    return f"| {what} | {score.f1:.3f} | {score.precision:.3f} | {score.recall:.3f} |"
