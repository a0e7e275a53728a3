"""The FSMN network of the voice activity detector: features in, probability of silence out.

Source: Zhang et al., "Deep-FSMN for large vocabulary continuous speech recognition", ICASSP 2018;
the class is FunASR's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.errors import ModelUnusable
from shared.features import Array
from shared.models.lean import funasr_class, load_weights

if TYPE_CHECKING:
    from torch import nn


class FsmnNetwork:
    """The encoder with its weights, on one device.

    Args:
        checkpoint: the weights.
        conf: the encoder's sizes, as ``config.yaml`` has them in ``encoder_conf``.
        silence: the outputs that stand for silence.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        ModelUnusable: the sizes or the weights are another network's.
    """

    def __init__(
        self, checkpoint: Path, conf: dict[str, Any], silence: list[int], device: str
    ) -> None:
        self._silence = silence
        self._device = device
        network = _build(conf)
        load_weights(network, checkpoint, prefix="encoder.")
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
