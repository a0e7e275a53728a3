"""CAM++ arranged for inference. It imports torch, so it is imported when a model is loaded.

The same sums as in FunASR's ``CAMPPlus``, with fewer passes over memory:

- a normalisation after a convolution becomes part of the convolution's weights;
- one before it, ``relu(a * x + b)``, becomes ``a * max(x, -b / a) + b`` (``min`` where ``a`` is
  negative), whose factor and summand go into the convolution behind: one clamp is left;
- values lie frame by frame, so a convolution over one frame is a product of matrices;
- a dense block writes its layers' outputs beside each other, where FunASR joins them anew.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear
from torch.nn.utils.fusion import fuse_conv_bn_eval

from shared.nets.speaker.head import Head

SEGMENT = 100  # frames whose mean is the nearer context of each of them
SMALLEST_SCALE = 1e-12  # stands for zero, which cannot be divided by


class FastCamPlus(nn.Module):
    """The network's computation.

    Args:
        tensors: see ``shared.nets.speaker.tensors``; with their values, in evaluation mode.
    """

    def __init__(self, tensors: Any) -> None:  # noqa: ANN401 - modules by name
        super().__init__()
        parts = tensors.xvector
        self.head = Head(tensors.head)
        self.tdnn = fuse_conv_bn_eval(parts.tdnn.linear, parts.tdnn.nonlinear.batchnorm)
        self.blocks = nn.ModuleList(DenseBlock(parts.get_submodule(f"block{i}")) for i in (1, 2, 3))
        self.transits = nn.ModuleList([
            ClampedLinear(parts.transit1.nonlinear, parts.transit1.linear),
            ClampedLinear(parts.transit2.nonlinear, parts.transit2.linear),
            ClampedLinear(
                parts.transit3.nonlinear,
                fuse_conv_bn_eval(parts.transit3.linear, parts.out_nonlinear.batchnorm),
            ),
        ])  # fmt: skip
        self.dense = fuse_conv_bn_eval(parts.dense.linear, parts.dense.nonlinear.batchnorm)

    def forward(self, windows: Tensor) -> Tensor:
        """Embeddings of shape ``(windows, size)``, from features ``(windows, frames, mels)``."""
        frames = torch.relu_(self.tdnn(self.head(windows.mT))).mT
        for block, transit in zip(self.blocks, self.transits, strict=True):
            frames = transit(block(frames))
        frames.relu_()
        statistics = torch.cat((frames.mean(dim=1), frames.std(dim=1)), dim=1)
        return linear(statistics, self.dense.weight[:, :, 0], self.dense.bias)


class ClampedLinear(nn.Module):
    """Normalisation, rectification and a convolution over one frame, as one clamp and one product.

    Args:
        nonlinear: holds the normalisation.
        convolution: what follows, of kernel size 1.
    """

    def __init__(self, nonlinear: Any, convolution: nn.Conv1d) -> None:  # noqa: ANN401
        super().__init__()
        norm = nonlinear.batchnorm
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        scale = torch.where(scale.abs() < SMALLEST_SCALE, SMALLEST_SCALE, scale)
        shift = norm.bias.double() - norm.running_mean.double() * scale
        weight = convolution.weight[:, :, 0].double()
        bias = weight @ shift if convolution.bias is None else weight @ shift + convolution.bias
        turn, rising = -shift / scale, scale > 0
        self.lowest = constant(turn.where(rising, -torch.inf))
        self.highest = constant(turn.where(~rising, torch.inf))
        self.weight = constant(weight * scale)
        self.bias = constant(bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames of shape ``(windows, frames, channels)`` to as many of other channels."""
        return linear(torch.clamp(frames, self.lowest, self.highest), self.weight, self.bias)


class DenseBlock(nn.Module):
    """Layers that each see the outputs of all before them, and add ``growth`` channels."""

    def __init__(self, block: Any) -> None:  # noqa: ANN401
        super().__init__()
        layers = [DenseLayer(layer) for layer in block.values()]
        self.layers = nn.ModuleList(layers)
        self.growth = len(layers[0].kernel)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames of shape ``(windows, frames, channels)``, with the new channels after the old."""
        windows, count, known = frames.shape
        joined = frames.new_empty(windows, count, known + len(self.layers) * self.growth)
        joined[..., :known] = frames
        for layer in self.layers:
            joined[..., known : known + self.growth] = layer(joined[..., :known])
            known += self.growth
        return joined


class DenseLayer(nn.Module):
    """A bottleneck, a local convolution, and a mask of it from the context."""

    def __init__(self, layer: Any) -> None:  # noqa: ANN401
        super().__init__()
        mask, norm = layer.cam_layer, layer.nonlinear2.batchnorm
        self.bottleneck = ClampedLinear(layer.nonlinear1, fuse_conv_bn_eval(layer.linear1, norm))
        local = mask.linear_local
        self.dilation, self.padding = (1, *local.dilation), (0, *local.padding)
        image = local.weight[:, :, None].contiguous(memory_format=torch.channels_last)
        self.kernel = constant(image)
        self.squeeze, self.excite = mask.linear1, mask.linear2

    def forward(self, frames: Tensor) -> Tensor:
        """The new channels, of shape ``(windows, frames, growth)``."""
        narrow = torch.relu_(self.bottleneck(frames))
        image = narrow.mT[:, :, None]  # channels last, without a copy
        local = conv2d(image, self.kernel, None, 1, self.padding, self.dilation)[:, :, 0].mT
        whole = narrow.mean(dim=1, keepdim=True)
        parts = zip(*(torch.split(part, SEGMENT, dim=1) for part in (local, narrow)), strict=True)
        masked = [part * self.mask(whole + near.mean(dim=1, keepdim=True)) for part, near in parts]
        return masked[0] if len(masked) == 1 else torch.cat(masked, dim=1)

    def mask(self, context: Tensor) -> Tensor:
        """How much of each channel counts, from a context of shape ``(windows, 1, channels)``."""
        squeezed = linear(context, self.squeeze.weight[:, :, 0], self.squeeze.bias)
        excited = linear(torch.relu_(squeezed), self.excite.weight[:, :, 0], self.excite.bias)
        return torch.sigmoid_(excited)


def constant(tensor: Tensor) -> nn.Parameter:
    """Part of a module that goes with it to its device, and is never trained."""
    return nn.Parameter(tensor.detach().float(), requires_grad=False)
