"""CAM++'s head: a small residual network over mels and frames. It imports torch.

Each normalisation is part of the convolution before it. The weights lie channels last, which is how
such convolutions are quickest on a CPU.

Source: He et al., "Deep residual learning for image recognition", CVPR 2016.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Head(nn.Module):
    """The head's computation.

    Args:
        tensors: its convolutions and normalisations, with their values, in evaluation mode.
    """

    def __init__(self, tensors: Any) -> None:  # noqa: ANN401 - modules by name
        super().__init__()
        self.first = fuse_conv_bn_eval(tensors.conv1, tensors.bn1)
        blocks = (*tensors.layer1.values(), *tensors.layer2.values())
        self.blocks = nn.Sequential(*map(Residual, blocks))
        self.last = fuse_conv_bn_eval(tensors.conv2, tensors.bn2)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, features: Tensor) -> Tensor:
        """Shape ``(windows, channels, frames)``, from features ``(windows, mels, frames)``."""
        images = self.blocks(torch.relu_(self.first(features[:, None])))
        return torch.relu_(self.last(images)).flatten(1, 2)


class Residual(nn.Module):
    """Two convolutions, and past them the images as they were (or halved) are added."""

    def __init__(self, tensors: Any) -> None:  # noqa: ANN401 - modules by name
        super().__init__()
        self.first = fuse_conv_bn_eval(tensors.conv1, tensors.bn1)
        self.second = fuse_conv_bn_eval(tensors.conv2, tensors.bn2)
        past = tensors.shortcut
        self.shortcut = fuse_conv_bn_eval(*past) if len(past) else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Images of shape ``(windows, channels, mels, frames)``."""
        changed = self.second(torch.relu_(self.first(images)))
        return torch.relu_(changed.add_(self.shortcut(images)))
