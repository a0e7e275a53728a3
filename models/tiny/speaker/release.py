"""The model folder, in the hub's layout: weights, lock and model card.

Its ``config.yaml`` and ``configuration.json`` are not made here: they are what the training reads.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

import torch
from torch import Tensor

from models.tiny.lock import REVISION, write_lock
from models.tiny.speaker.evaluate import Diarized, Report

WEIGHTS = "campplus_cn_common.bin"
LOCKED = (WEIGHTS, "config.yaml", "configuration.json")
CARD = Path(__file__).with_name("card.md")


def write_model(folder: Path, state: dict[str, Tensor]) -> None:
    """Writes the weights under FunASR's names, and the lock."""
    torch.save(state, folder / WEIGHTS)
    write_lock(folder, LOCKED)


def write_card(folder: Path, report: Report) -> None:
    """Writes the model card with the figures of a report."""
    card = Template(CARD.read_text("utf-8")).substitute(
        revision=REVISION,
        megabytes=f"{(folder / WEIGHTS).stat().st_size / 1e6:.1f}",
        equal_error=f"{report.equal_error:.1%}",
        same=_spread(report.same),
        different=_spread(report.different),
        voices=report.voices,
        conversations="\n".join(_row(row) for row in report.conversations),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def _spread(percentiles: tuple[float, float, float]) -> str:
    return " | ".join(f"{value:.2f}" for value in percentiles)


def _row(row: Diarized) -> str:
    return (
        f"| {row.voices} | {row.count} | {row.error:.1%} | {row.error_of_known:.1%} "
        f"| {row.counted} of {row.count} |"
    )
