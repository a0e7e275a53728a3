"""Products with weights of eight bits, on a CPU: they take less than half the time.

Weights are rounded once, with a scale for each output. Rows are rounded as they come, each with a
scale of its own ("dynamic quantisation"): so what becomes of a row does not depend on those it is
computed with. It imports torch, so it is imported when a model is loaded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from shared.nets.asr.sanm import ROUND, Linear

LARGEST, MIDDLE = 127, 128  # of a weight's eight bits; what stands for zero in those of a row
SMALLEST = 1e-12  # that is divided by: a row of zeros is zero in any scale


def missing(device: str) -> str | None:
    """What a device lacks for such products, if anything.

    Without instructions for them (VNNI) their sums overflow, and are no faster.
    """
    if device != "cpu":
        return "8-bit integers are for CPUs"
    if getattr(torch.cpu, "_is_vnni_supported", lambda: False)():
        return None
    return "this processor has no VNNI"


class Int8Linear(nn.Module):
    """Computes what a ``Linear`` does, nearly: about one per cent of a row's length is lost."""

    def __init__(self, linear: Linear) -> None:
        super().__init__()
        scales = linear.weight.abs().amax(dim=1).clamp_(min=SMALLEST).div_(LARGEST)
        rounded = linear.weight.div(scales[:, None]).round_().to(torch.int8)
        self._weight = torch.ops.onednn.qlinear_prepack(rounded, None)
        self._scales, self._bias = scales, linear.bias
        self._zeros = torch.zeros(len(scales), dtype=torch.int64)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (frames, inputs) to (frames, outputs)."""
        even = pad(rows, (0, 0, 0, -len(rows) % ROUND))  # see Utterances
        scales = even.abs().amax(dim=1, keepdim=True).clamp_(min=SMALLEST).div_(LARGEST)
        rounded = even.div(scales).add_(MIDDLE + 0.5).to(torch.uint8)
        found: Tensor = torch.ops.onednn.qlinear_pointwise(
            rounded, 1.0, MIDDLE, self._weight, self._scales, self._zeros,
            None, 1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        found.mul_(scales)
        if self._bias is not None:
            found.add_(self._bias)
        return found[: len(rows)]
