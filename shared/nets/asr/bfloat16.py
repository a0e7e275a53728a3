"""Products of values of 16 bits with the range of 32 ("bfloat16"), on a GPU or a CPU.

Weights are rounded once, rows as they come, and what a product gives; its sums are made in 32
bits, and so is everything between products. Half precision ("float16") is no choice: values inside
these networks leave its range (https://github.com/modelscope/FunASR/issues/1889). It imports torch,
so it is imported when a model is loaded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from shared.nets.asr.sanm import Linear, product

AMPERE = (8, 0)  # the first GPUs with such products


def missing(device: str) -> str | None:
    """What a device lacks for such products to be faster than those of 32 bits, if anything."""
    if device == "cpu":
        known = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if any(getattr(torch.cpu, name, lambda: False)() for name in known):
            return None
        return "this processor has no instructions for bfloat16"
    if torch.cuda.get_device_capability() >= AMPERE:
        return None
    return "this GPU is older than bfloat16"


class Bfloat16Linear(nn.Module):
    """Computes what a ``Linear`` does, nearly: about 0.3 % of a row's length is lost.

    Args:
        linear: the one whose place it takes.
    """

    def __init__(self, linear: Linear) -> None:
        super().__init__()
        # Else parts of a sum on a GPU may be added up in 16 bits.
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        self.weight = nn.Parameter(linear.weight.to(torch.bfloat16), requires_grad=False)
        self.bias = linear.bias

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (frames, inputs) to (frames, outputs)."""
        found = product(rows.to(torch.bfloat16), self.weight, None).to(torch.float32)
        return found if self.bias is None else found.add_(self.bias)
