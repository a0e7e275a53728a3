"""The Paraformer network: features in, tokens out.

Source: Gao et al., "Paraformer: fast and accurate parallel Transformer for non-autoregressive
end-to-end speech recognition", Interspeech 2022; the onsets: Shi et al., "Achieving timestamp
prediction while recognizing with non-autoregressive end-to-end ASR model", 2023. It imports torch,
so it is imported when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.asr.paraformer.cif import Shares, share_out
from shared.nets.asr.paraformer.config import Config
from shared.nets.asr.paraformer.decoder import ParaformerDecoder
from shared.nets.asr.paraformer.predictor import CifPredictor, gather
from shared.nets.asr.precision import lower
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
        precision: of the products; see ``lower``.

    Raises:
        ModelUnusable: the weights are another network's.
    """

    def __init__(  # noqa: PLR0913 - what a network is made of
        self, checkpoint: Path, config: Config, inputs: int, outputs: int, device: str,
        *, precision: str = "float32",
    ) -> None:  # fmt: skip
        self._device = device
        self._tail = config.predictor_conf.tail_threshold
        network = _Network(config, inputs, outputs)
        load_weights(network, checkpoint)
        lower(network, precision, device)
        self._network = network.eval().to(device)

    @torch.inference_mode()
    def hear(self, batch: Sequence[Array]) -> list[Heard]:
        """Recognise utterances, each by itself.

        Args:
            batch: features of each, shape (frames, dim), one frame at least.
        """
        network = self._network
        lengths = [len(part) for part in batch]
        rows = network.encoder([torch.from_numpy(part).to(self._device) for part in batch])
        heard = pad_sequence(rows.split(lengths), batch_first=True)
        weights = network.predictor.weights(heard).cpu().numpy()
        shares = [
            share_out(part[:length], self._tail)
            for part, length in zip(weights, lengths, strict=True)
        ]
        onsets = network.predictor.onsets(heard, lengths).cpu().numpy()
        best = self._decode(heard, lengths, shares)
        return [
            Heard(outputs, logprobs, part[: 3 * length])
            for (outputs, logprobs), part, length in zip(best, onsets, lengths, strict=True)
        ]

    def _decode(
        self, heard: Tensor, lengths: Sequence[int], shares: Sequence[Shares]
    ) -> list[tuple[NDArray[np.int64], Array]]:
        counts = [part.tokens for part in shares]
        if not any(counts):
            return [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(counts)
        tokens, frames = (Utterances(number, heard.device) for number in (counts, lengths))
        blocks = self._network.decoder(gather(heard, shares), tokens, heard, frames)
        best = zip(*map(_best, blocks), strict=True)
        ends = np.cumsum(counts)
        parts = (np.split(torch.cat(part).cpu().numpy(), ends)[:-1] for part in best)
        return list(zip(*parts, strict=True))


def _best(scores: Tensor) -> tuple[Tensor, Tensor]:
    highest, outputs = scores.max(dim=1)
    return outputs, highest - scores.logsumexp(dim=1)


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
