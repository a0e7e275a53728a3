"""The Paraformer network: features in, tokens out.

Source: Gao et al., "Paraformer: fast and accurate parallel Transformer for non-autoregressive
end-to-end speech recognition", Interspeech 2022; the onsets: Shi et al., "Achieving timestamp
prediction while recognizing with non-autoregressive end-to-end ASR model", 2023. It imports torch,
so it is imported when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.asr.paraformer.cif import Shares, share_out
from shared.nets.asr.paraformer.config import Config
from shared.nets.asr.paraformer.decoder import ParaformerDecoder
from shared.nets.asr.paraformer.predictor import CifPredictor, gather
from shared.nets.asr.sanm import SanmEncoder, Utterances
from shared.nets.asr.sizes import EncoderSizes

EPSILON = 1e-12  # of the normalisations


class Heard(NamedTuple):
    """What the network makes of an utterance.

    Attributes:
        outputs: of each token the number in the vocabulary, shape (tokens,).
        logprobs: natural logarithms of their posteriors, shape (tokens,).
        onsets: how much of a token begins in each third of a frame, shape (3 * frames,).
    """

    outputs: NDArray[np.int64]
    logprobs: Array
    onsets: Array


class ParaformerNetwork:
    """The network with its weights, on one device.

    Args:
        checkpoint: the weights.
        config: the network's sizes.
        inputs: values of a frame of features.
        outputs: number of tokens of the vocabulary.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        ModelUnusable: the weights are another network's.
    """

    def __init__(
        self, checkpoint: Path, config: Config, inputs: int, outputs: int, device: str
    ) -> None:
        self._device = device
        self._tail = config.predictor_conf.tail_threshold
        network = _Network(config, inputs, outputs)
        load_weights(network, checkpoint)
        self._network = network.eval().to(device)

    @torch.inference_mode()
    def hear(self, batch: Sequence[Array]) -> list[Heard]:
        """Recognise utterances, each by itself.

        Args:
            batch: features of each, shape (frames, dim), one frame at least.
        """
        network = self._network
        rows = network.encoder([torch.from_numpy(part).to(self._device) for part in batch])
        frames = Utterances([len(part) for part in batch], rows.device)
        weights = network.predictor.weights(rows, frames)
        shares = [share_out(part, self._tail) for part in self._split(weights, frames.lengths)]
        counts = [part.tokens for part in shares]
        outputs, logprobs = self._decode(rows, frames, shares)
        onsets = network.predictor.onsets(rows, frames)
        found = (
            self._split(outputs, counts),
            self._split(logprobs, counts),
            self._split(onsets, [3 * length for length in frames.lengths]),
        )
        return [Heard(*parts) for parts in zip(*found, strict=True)]

    def _decode(
        self, rows: Tensor, frames: Utterances, shares: Sequence[Shares]
    ) -> tuple[Tensor, Tensor]:
        if not any(part.tokens for part in shares):
            return torch.empty(0, dtype=torch.int64), torch.empty(0)
        tokens = Utterances([part.tokens for part in shares], rows.device)
        scores = self._network.decoder(gather(rows, shares), tokens, rows, frames)
        highest, outputs = scores.max(dim=1)
        return outputs, highest - scores.logsumexp(dim=1)

    @staticmethod
    def _split(rows: Tensor, lengths: Sequence[int]) -> list[NDArray[Any]]:
        return np.split(rows.cpu().numpy(), np.cumsum(lengths)[:-1])


class _Network(nn.Module):
    """The tensors have the names FunASR's ``BiCifParaformer`` gives them."""

    def __init__(self, config: Config, inputs: int, outputs: int) -> None:
        super().__init__()
        self.encoder = SanmEncoder(config.encoder_conf.sizes(inputs, EPSILON))
        self.predictor = CifPredictor(config.predictor_conf)
        conf, width = config.decoder_conf, config.encoder_conf.output_size
        sizes = EncoderSizes(
            inputs=width, width=width, heads=conf.attention_heads, hidden=conf.linear_units,
            blocks=conf.num_blocks, top_blocks=0, kernel=conf.kernel_size, shift=conf.sanm_shfit,
            epsilon=EPSILON,
        )  # fmt: skip
        self.decoder = ParaformerDecoder(sizes, outputs)
