"""Checkpoints with a tensor amiss."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import pytest
import torch

Damage = Literal["missing", "reshaped", "left over"]

EVERY_DAMAGE = pytest.mark.parametrize("damage", get_args(Damage))


def spoil(checkpoint: Path, name: str, damage: Damage) -> None:
    """Write a checkpoint anew without that tensor, with it in another shape, or with one more."""
    state = torch.load(checkpoint, weights_only=True)
    tensor = state.pop(name)
    if damage == "reshaped":
        state[name] = tensor[:-1]
    elif damage == "left over":
        state.update({name: tensor, "another": tensor})
    torch.save(state, checkpoint)
