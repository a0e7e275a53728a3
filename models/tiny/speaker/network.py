"""CAM++, small: narrow while it is trained, in the hub's shape when it is released.

FunASR's class fixes the width of its two-dimensional head at 32 channels, which would be most of
the work of a step. Half of them are enough here, and a head of 32 whose other half is zero computes
the same, so the network is trained with a head of 16 and widened at the end.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from models.tiny.funasr import funasr_class
from shared.nets.speaker.config import Sizes
from shared.nets.speaker.tensors import BLOCKS

MODEL_FOLDER = Path(__file__).parents[1] / "iic" / "speech_campplus_sv_zh-cn_16k-common"
PARTS = "funasr.models.campplus.components"
LAYERS = ("FCM", "TDNNLayer", "CAMDenseTDNNBlock", "TransitLayer", "get_nonlinear", "StatsPool",
          "DenseLayer")  # fmt: skip
HEAD_CHANNELS = 16


def build_wide(folder: Path = MODEL_FOLDER) -> nn.Module:
    """The network that a folder's config.yaml describes, untrained, under FunASR's names."""
    conf = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))["model_conf"]
    return build(Sizes.model_validate(conf))


def build(sizes: Sizes) -> nn.Module:
    """FunASR's ``CAMPPlus`` of its layers, with its names: a ``head`` and an ``xvector``.

    The module of the class itself imports what only its command line needs.
    """
    layers = {name: funasr_class(PARTS, name) for name in LAYERS}
    norm, growth = sizes.config_str, sizes.growth_rate
    head = layers["FCM"](feat_dim=sizes.feat_dim)
    width = sizes.init_channels
    tdnn = layers["TDNNLayer"](head.out_channels, width, 5, stride=2, padding=-1, config_str=norm)
    parts: OrderedDict[str, nn.Module] = OrderedDict(tdnn=tdnn)
    for number, (depth, dilation) in enumerate(BLOCKS, start=1):
        parts[f"block{number}"] = layers["CAMDenseTDNNBlock"](
            num_layers=depth, in_channels=width, out_channels=growth,
            bn_channels=sizes.bn_size * growth, kernel_size=3, dilation=dilation, config_str=norm,
        )  # fmt: skip
        width += depth * growth
        parts[f"transit{number}"] = layers["TransitLayer"](width, width // 2, False, norm)
        width //= 2
    parts["out_nonlinear"] = layers["get_nonlinear"](norm, width)
    parts["stats"] = layers["StatsPool"]()
    parts["dense"] = layers["DenseLayer"](2 * width, sizes.embedding_size, config_str="batchnorm_")
    return nn.Sequential(OrderedDict(head=head, xvector=nn.Sequential(parts)))


def build_narrow() -> nn.Module:
    """The same with a head of ``HEAD_CHANNELS``.

    It takes features of shape ``(batch, mels, frames)`` to embeddings of shape ``(batch, size)``.
    """
    network: Any = build_wide()
    network.head = funasr_class(PARTS, "FCM")(m_channels=HEAD_CHANNELS)
    network.head.to(memory_format=torch.channels_last)
    first = network.xvector.tdnn.linear
    network.xvector.tdnn = funasr_class(PARTS, "TDNNLayer")(
        network.head.out_channels, first.out_channels, *first.kernel_size, stride=2, padding=-1
    )
    for part in network.modules():
        if isinstance(part, nn.Conv1d):  # as FunASR begins
            nn.init.kaiming_normal_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    narrow: nn.Module = network
    return narrow


def widen(narrow: nn.Module) -> dict[str, Tensor]:
    """The state of the full network that computes what the narrow one does.

    Each tensor lies in the first rows and columns of the full one, whose rest is zero (a variance
    of one, where it divides).
    """
    small = narrow.state_dict()
    wide: dict[str, Tensor] = {}
    for name, full in build_wide().state_dict().items():
        empty = torch.ones_like if name.endswith("running_var") else torch.zeros_like
        wide[name] = empty(full)
        wide[name][tuple(slice(size) for size in small[name].shape)] = small[name]
    return wide
