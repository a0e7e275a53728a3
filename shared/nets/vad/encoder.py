"""The FSMN encoder's computation. It imports torch, so it is imported when a model is loaded.

It computes what FunASR's ``FSMN`` does, and its tensors have that one's names.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d

from shared.nets.vad.sizes import FsmnSizes


class FsmnEncoder(nn.Module):
    """Layers over single frames, and between them blocks that remember frames.

    Its tensors have no values or memory until a checkpoint's take their place.
    """

    def __init__(self, sizes: FsmnSizes) -> None:
        super().__init__()
        with torch.device("meta"):
            self.in_linear1 = _layer(sizes.input_dim, sizes.input_affine_dim)
            self.in_linear2 = _layer(sizes.input_affine_dim, sizes.linear_dim)
            self.fsmn = nn.ModuleList(_Block(sizes) for _ in range(sizes.fsmn_layers))
            self.out_linear1 = _layer(sizes.linear_dim, sizes.output_affine_dim)
            self.out_linear2 = _layer(sizes.output_affine_dim, sizes.output_dim)
        self._remembered = (sizes.memory, sizes.proj_dim)

    def memory(self) -> list[Tensor]:
        """What each block remembers when a recording begins."""
        like = self.in_linear1["linear"].weight
        return [like.new_zeros(self._remembered) for _ in self.fsmn]

    def forward(self, features: Tensor, memory: list[Tensor]) -> Tensor:
        """Posteriors of shape (frames, outputs).

        Args:
            features: shape (frames, dim), one frame at least.
            memory: of the frames before; it becomes that of these.
        """
        frames = self.in_linear2["linear"](self.in_linear1["linear"](features)).relu_()
        for number, block in enumerate(self.fsmn):
            frames, memory[number] = block(frames, memory[number])
        scores: Tensor = self.out_linear2["linear"](self.out_linear1["linear"](frames))
        return scores.softmax(dim=-1)


class _Block(nn.Module):
    """Adds to each frame, made narrow, a weighted sum of those before it, channel by channel."""

    def __init__(self, sizes: FsmnSizes) -> None:
        super().__init__()
        narrow, seen = sizes.proj_dim, (sizes.lorder, 1)
        self.linear = _layer(sizes.linear_dim, narrow, bias=False)
        self.fsmn_block = nn.ModuleDict({
            "conv_left": nn.Conv2d(
                narrow, narrow, seen, dilation=(sizes.lstride, 1), groups=narrow, bias=False
            )
        })  # fmt: skip
        self.affine = _layer(narrow, sizes.linear_dim)

    def forward(self, frames: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output, and the frames that the next ones have before them."""
        narrow = self.linear["linear"](frames)
        seen = torch.cat((before, narrow))
        conv = self.fsmn_block["conv_left"]
        summed = conv1d(
            seen.T[None], conv.weight[..., 0], dilation=conv.dilation[0], groups=conv.groups
        )
        wide: Tensor = self.affine["linear"](summed[0].T.add_(narrow))
        return wide.relu_(), seen[-len(before) :]


def _layer(inputs: int, outputs: int, *, bias: bool = True) -> nn.ModuleDict:
    return nn.ModuleDict({"linear": nn.Linear(inputs, outputs, bias=bias)})
