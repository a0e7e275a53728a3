"""The model folder, in the hub's layout: weights, normalisation, pieces, lock and model card.

Its ``config.yaml`` and ``configuration.json`` are not made here: they are what the training reads.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

import torch

from models.tiny.asr.dataset import PARTS, RECORDINGS
from models.tiny.asr.evaluate import Report, Row
from models.tiny.asr.pieces import MODEL, PIECES, TOKENS
from models.tiny.asr.utterances import variants
from models.tiny.asr.words import VOCABULARY
from models.tiny.lock import REVISION, write_lock
from models.tiny.sound.synthesis import FLITE
from models.tiny.vad.release import format_cmvn
from shared.features import Cmvn

WEIGHTS = "model.pt"
CMVN = "am.mvn"
LOCKED = (CMVN, MODEL, "config.yaml", "configuration.json", WEIGHTS, TOKENS)
CARD = Path(__file__).with_name("card.md")
SPOKEN = {"zh": "Mandarin, characters", "en": "English, words"}


def write_model(folder: Path, network: Any, cmvn: Cmvn) -> None:  # noqa: ANN401 - funasr's
    """Writes the weights under FunASR's names, the normalisation and the lock."""
    torch.save(network.state_dict(), folder / WEIGHTS)
    (folder / CMVN).write_text(format_cmvn(cmvn), encoding="utf-8")
    write_lock(folder, LOCKED)


def write_card(folder: Path, report: Report) -> None:
    """Writes the model card with the figures of a report."""
    card = Template(CARD.read_text("utf-8")).substitute(
        revision=REVISION,
        megabytes=f"{(folder / WEIGHTS).stat().st_size / 1e6:.1f}",
        pieces=PIECES,
        recordings=f"{PARTS * RECORDINGS:,}",
        voices=len(variants("train")) + len(FLITE["train"]),
        rows="\n".join(_row(row) for row in report.rows),
        minutes=f"{report.minutes:.0f}",
        false_words=report.false_words,
        untold=f"{report.untold:.1%}",
        english=" ".join(VOCABULARY["en"].digits + VOCABULARY["en"].commands),
        mandarin=" ".join(VOCABULARY["zh"].digits + VOCABULARY["zh"].commands),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def _row(row: Row) -> str:
    times = " | ".join(f"{one:.0f} / {other:.0f}" for one, other in (row.starts, row.ends))
    return (
        f"| {SPOKEN[row.language]} | {row.surrounding} | {row.units} | **{row.error:.1%}** "
        f"| {row.written_error:.1%} | {row.tagged:.1%} | {times} |"
    )
