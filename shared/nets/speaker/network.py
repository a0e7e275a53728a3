"""The CAM++ network: windows of features in, one embedding each out.

FunASR's layers are put together here, because the module of its whole network imports what only its
command line needs.

Source: Wang et al., "CAM++: a fast and efficient network for speaker verification using
context-aware masking", Interspeech 2023; the layers are FunASR's.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from shared.features import Array
from shared.models.lean import funasr_class, load_weights
from shared.nets.speaker.config import Sizes

if TYPE_CHECKING:
    from torch import nn

BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of each dense block
LAYERS = ("FCM", "TDNNLayer", "CAMDenseTDNNBlock", "TransitLayer", "get_nonlinear", "StatsPool",
          "DenseLayer")  # fmt: skip
ON_CPU, ON_GPU = 8, 128  # on a CPU, what more windows compute leaves the cache in between


class CamPlusNetwork:
    """The network with its weights, on one device.

    Args:
        checkpoint: the weights.
        sizes: the network's sizes.
        device: a torch device, ``cpu`` or ``cuda``.

    Attributes:
        batch: number of windows that are best embedded at a time.

    Raises:
        ModelUnusable: the weights are another network's.
    """

    def __init__(self, checkpoint: Path, sizes: Sizes, device: str) -> None:
        from shared.nets.speaker.layers import FastCamPlus

        self.batch = ON_CPU if device == "cpu" else ON_GPU
        self._device = device
        network = build(sizes)
        load_weights(network, checkpoint)
        self._network = FastCamPlus(network.eval()).to(device)

    def embed(self, windows: Array) -> Array:
        """One embedding per window.

        Args:
            windows: shape (windows, frames, mels), each normalised to a mean of zero.

        Returns:
            Shape (windows, size).
        """
        import torch

        with torch.inference_mode():
            embeddings = self._network(torch.from_numpy(windows).to(self._device))
            found: Array = embeddings.cpu().numpy()
        return found


def build(sizes: Sizes) -> nn.Module:
    """FunASR's ``CAMPPlus`` with its names, untrained: a ``head`` and an ``xvector``."""
    from torch import nn

    layers = {name: funasr_class("funasr.models.campplus.components", name) for name in LAYERS}
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
