"""The CT-Transformer network: words in, scores of the punctuation behind each out.

Source: Chen et al., "Controllable time-delay transformer for real-time punctuation prediction and
disfluency detection", ICASSP 2020; offline it is a SAN-M encoder. It imports torch, so it is
imported when a model is loaded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.asr.sanm import Linear, SanmEncoder, unset
from shared.nets.punctuation.config import Config

EPSILON = 1e-12  # of the normalisations


class CtTransformer:
    """The network with its weights, on one device.

    Args:
        checkpoint: the weights.
        config: the network's sizes.
        words: size of the vocabulary.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        ModelUnusable: the weights are another network's.
    """

    def __init__(self, checkpoint: Path, config: Config, words: int, device: str) -> None:
        self._device = device
        network = _Network(config, words)
        load_weights(network, checkpoint)
        self._network = network.eval().to(device)

    @torch.inference_mode()
    def logprobs(self, words: NDArray[np.int64]) -> Array:
        """Natural logarithms of the posteriors of the marks behind each word.

        Args:
            words: numbers in the vocabulary, shape (words,), one at least.

        Returns:
            Shape (words, marks).
        """
        scores = self._network(torch.from_numpy(words).to(self._device))
        found: Array = scores.log_softmax(dim=1).cpu().numpy()
        return found


class _Network(nn.Module):
    """The tensors have the names FunASR's ``CTTransformer`` gives them."""

    def __init__(self, config: Config, words: int) -> None:
        super().__init__()
        width = config.encoder_conf.input_size
        self.embed = _Embedding(words, width)
        self.encoder = SanmEncoder(config.encoder_conf.sizes(width, EPSILON))
        self.decoder = Linear(config.model_conf.att_unit, len(config.model_conf.punc_list))

    def forward(self, words: Tensor) -> Tensor:
        """Scores of shape (words, marks)."""
        scores: Tensor = self.decoder(self.encoder([self.embed.weight[words]]))
        return scores


class _Embedding(nn.Module):
    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.weight = unset(words, width)
