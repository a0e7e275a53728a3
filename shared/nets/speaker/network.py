"""The CAM++ network: windows of features in, one embedding each out.

Source: Wang et al., "CAM++: a fast and efficient network for speaker verification using
context-aware masking", Interspeech 2023.
"""

from __future__ import annotations

from pathlib import Path

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.speaker.config import Sizes

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
        from shared.nets.speaker.tensors import tensors

        self.batch = ON_CPU if device == "cpu" else ON_GPU
        self._device = device
        loaded = tensors(sizes)
        load_weights(loaded, checkpoint)
        self._network = FastCamPlus(loaded.eval()).to(device)

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
