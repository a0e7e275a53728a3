"""The FSMN network of the voice activity detector: features in, probability of silence out.

Source: Zhang et al., "Deep-FSMN for large vocabulary continuous speech recognition", ICASSP 2018;
the class is FunASR's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.errors import ModelUnusable
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.models.lean import funasr_class, load_weights

if TYPE_CHECKING:
    from torch import nn


class FsmnNetwork:
    """The encoder with its weights, on one device.

    Args:
        folder: the model, in the hub's layout.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        ModelError: the folder does not hold this network.
    """

    def __init__(self, folder: ModelFolder, device: str = "cpu") -> None:
        config = folder.config()
        self._silence = config.get("model_conf", {}).get("sil_pdf_ids", [0])
        self._device = device
        network = _build(config.get("encoder_conf", {}))
        load_weights(network, folder.asset("init_param"), prefix="encoder.")
        self._network = network.eval().to(device)

    def silence(self, features: Iterable[Array]) -> Iterator[Array]:
        """Probability of silence for each frame of one recording.

        Args:
            features: blocks of shape (frames, dim); the network's memory is carried from one to
                the next, so the result does not depend on how the recording is cut.

        Yields:
            One array of shape (frames,) per block.
        """
        import torch

        memory: dict[str, Any] = {}
        for block in features:
            if not len(block):
                continue
            with torch.inference_mode():
                batch = torch.from_numpy(block)[None].to(self._device)
                posteriors = self._network(batch, memory)[0, :, self._silence]
                yield posteriors.sum(dim=1).cpu().numpy().astype(np.float32, copy=False)


def _build(conf: dict[str, Any]) -> nn.Module:
    encoder = funasr_class("funasr.models.fsmn_vad_streaming.encoder", "FSMN")
    try:
        network: nn.Module = encoder(**conf)
    except TypeError as error:
        raise ModelUnusable("config.yaml does not describe an FSMN encoder") from error
    return network
