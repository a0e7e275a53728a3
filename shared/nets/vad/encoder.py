"""The FSMN encoder's computation. It imports torch, so it is imported when a model is loaded.

It computes what FunASR's ``FSMN`` does, and its tensors have that one's names.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from shared.nets.vad.sizes import FsmnSizes


class FsmnEncoder(nn.Module):
    """Layers over single frames, and between them blocks that remember frames.

    Its tensors have no values or memory until a checkpoint's take their place.
    """

    def __init__(self, sizes: FsmnSizes) -> None:
        super().__init__()
        with torch.device("meta"):
            self.in_linear1 = _Layer(sizes.input_dim, sizes.input_affine_dim)
            self.in_linear2 = _Layer(sizes.input_affine_dim, sizes.linear_dim)
            self.fsmn = nn.ModuleList(_Block(sizes) for _ in range(sizes.fsmn_layers))
            self.out_linear1 = _Layer(sizes.linear_dim, sizes.output_affine_dim)
            self.out_linear2 = _Layer(sizes.output_affine_dim, sizes.output_dim)
        self._remembered = (sizes.memory, sizes.proj_dim)

    def memory(self) -> list[Tensor]:
        """What each block remembers when a recording begins."""
        return [next(self.parameters()).new_zeros(self._remembered) for _ in self.fsmn]

    def forward(self, features: Tensor, memory: list[Tensor]) -> Tensor:
        """Posteriors of shape (frames, outputs).

        Args:
            features: shape (frames, dim), one frame at least.
            memory: of the frames before; it becomes that of these.
        """
        *_, frames = self.blocks(features, memory)
        scores: Tensor = self.out_linear2(self.out_linear1(frames))
        return scores.softmax(dim=-1)

    def blocks(self, features: Tensor, memory: list[Tensor]) -> Iterator[Tensor]:
        """What each block in turn makes of the frames, shape (frames, width); see ``forward``."""
        frames = self.in_linear2(self.in_linear1(features)).relu_()
        for number, block in enumerate(self.fsmn):
            frames, memory[number] = block(frames, memory[number])
            yield frames


class _Block(nn.Module):
    """Adds to each frame, made narrow, a weighted sum of those before it."""

    def __init__(self, sizes: FsmnSizes) -> None:
        super().__init__()
        self.linear = _Layer(sizes.linear_dim, sizes.proj_dim, bias=False)
        self.fsmn_block = _Memory(sizes)
        self.affine = _Layer(sizes.proj_dim, sizes.linear_dim)

    def forward(self, frames: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output, and the frames that the next ones have before them."""
        narrow = self.linear(frames)
        seen = torch.cat((before, narrow))
        wide: Tensor = self.affine(self.fsmn_block(narrow, seen))
        return wide.relu_(), seen[-len(before) :]


class _Memory(nn.Module):
    """The weighted sum, of each channel by itself."""

    def __init__(self, sizes: FsmnSizes) -> None:
        super().__init__()
        channels, steps = sizes.proj_dim, (sizes.lstride, 1)
        self.conv_left = nn.Conv2d(
            channels, channels, (sizes.lorder, 1), dilation=steps, groups=channels, bias=False
        )

    def forward(self, frames: Tensor, seen: Tensor) -> Tensor:
        """Frames of shape (frames, channels), of which ``seen`` has those before them too."""
        # Half the time of a grouped convolution, which would want the channels first.
        summed = frames.clone()
        step, weights = self.conv_left.dilation[0], self.conv_left.weight[:, 0, :, 0]
        for place, weight in enumerate(weights.T.contiguous()):
            summed.addcmul_(seen[place * step : place * step + len(frames)], weight)
        return summed


class _Layer(nn.Module):
    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Shape (frames, outputs)."""
        made: Tensor = self.linear(frames)
        return made
