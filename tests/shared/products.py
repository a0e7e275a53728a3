"""A product with made-up weights."""

from __future__ import annotations

import torch

from shared.nets.asr.sanm import Linear


def linear(inputs: int, outputs: int, *, bias: bool) -> Linear:
    """With the same weights each time."""
    torch.manual_seed(0)
    made = Linear(inputs, outputs, bias=bias)
    state = {name: torch.randn(value.shape) for name, value in made.state_dict().items()}
    made.load_state_dict(state, assign=True)
    return made.requires_grad_(requires_grad=False)
