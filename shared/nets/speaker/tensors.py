"""What CAM++'s checkpoint holds: modules under the names that FunASR's class gives its tensors.

It imports torch, so it is imported when a model is loaded.
"""

from __future__ import annotations

import torch
from torch import nn

from shared.nets.speaker.config import Sizes

HEAD = 32  # channels of the two-dimensional head
BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of each dense block


def tensors(sizes: Sizes) -> nn.ModuleDict:
    """All modules, without values or memory until a checkpoint's take their place."""
    with torch.device("meta"):
        return nn.ModuleDict({"head": _head(), "xvector": _trunk(sizes)})


def _head() -> nn.ModuleDict:
    layers = {
        name: nn.ModuleDict({"0": _residual(halving=True), "1": _residual(halving=False)})
        for name in ("layer1", "layer2")
    }
    return nn.ModuleDict({
        "conv1": nn.Conv2d(1, HEAD, 3, padding=1, bias=False), "bn1": nn.BatchNorm2d(HEAD),
        **layers,
        "conv2": _image(halving=True), "bn2": nn.BatchNorm2d(HEAD),
    })  # fmt: skip


def _residual(*, halving: bool) -> nn.ModuleDict:
    shortcut = (_image(1, halving=True), nn.BatchNorm2d(HEAD)) if halving else ()
    return nn.ModuleDict({
        "conv1": _image(halving=halving), "bn1": nn.BatchNorm2d(HEAD),
        "conv2": _image(halving=False), "bn2": nn.BatchNorm2d(HEAD),
        "shortcut": nn.ModuleList(shortcut),
    })  # fmt: skip


def _image(kernel: int = 3, *, halving: bool) -> nn.Conv2d:
    stride = (2 if halving else 1, 1)
    return nn.Conv2d(HEAD, HEAD, kernel, stride, padding=kernel // 2, bias=False)


def _trunk(sizes: Sizes) -> nn.ModuleDict:
    width = sizes.init_channels
    flat = HEAD * (sizes.feat_dim // 8)  # the head halves the mels three times
    first = nn.Conv1d(flat, width, 5, stride=2, padding=2, bias=False)
    parts = nn.ModuleDict({"tdnn": nn.ModuleDict({"linear": first, "nonlinear": _norm(width)})})
    for number, (depth, dilation) in enumerate(BLOCKS, start=1):
        parts[f"block{number}"] = nn.ModuleDict({
            f"tdnnd{layer + 1}": _dense_layer(sizes, width + layer * sizes.growth_rate, dilation)
            for layer in range(depth)
        })  # fmt: skip
        width += depth * sizes.growth_rate
        parts[f"transit{number}"] = nn.ModuleDict({
            "nonlinear": _norm(width), "linear": nn.Conv1d(width, width // 2, 1, bias=False)
        })  # fmt: skip
        width //= 2
    parts["out_nonlinear"] = _norm(width)
    parts["dense"] = nn.ModuleDict({
        "linear": nn.Conv1d(2 * width, sizes.embedding_size, 1, bias=False),
        "nonlinear": _norm(sizes.embedding_size, affine=False),
    })  # fmt: skip
    return parts


def _dense_layer(sizes: Sizes, width: int, dilation: int) -> nn.ModuleDict:
    growth, narrow = sizes.growth_rate, sizes.bn_size * sizes.growth_rate
    mask = nn.ModuleDict({
        "linear_local": nn.Conv1d(
            narrow, growth, 3, padding=dilation, dilation=dilation, bias=False
        ),
        "linear1": nn.Conv1d(narrow, narrow // 2, 1), "linear2": nn.Conv1d(narrow // 2, growth, 1),
    })  # fmt: skip
    return nn.ModuleDict({
        "nonlinear1": _norm(width), "linear1": nn.Conv1d(width, narrow, 1, bias=False),
        "nonlinear2": _norm(narrow), "cam_layer": mask,
    })  # fmt: skip


def _norm(channels: int, *, affine: bool = True) -> nn.ModuleDict:
    return nn.ModuleDict({"batchnorm": nn.BatchNorm1d(channels, affine=affine)})
