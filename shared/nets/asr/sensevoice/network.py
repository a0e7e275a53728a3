"""The SenseVoice network: features in, the best output of each frame out.

Source: An et al., "FunAudioLLM: voice understanding and generation foundation models for natural
interaction between humans and LLMs", 2024. It imports torch, so it is imported when a model is
loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.asr.precision import lower
from shared.nets.asr.sanm import Linear, SanmEncoder, unset
from shared.nets.asr.sizes import EncoderSizes

QUERIES = 16  # vectors that stand before the features: languages, event, emotion, with(out) ITN
ROWS_AT_ONCE = 256  # of posteriors: 26 MB for 25,000 outputs


class SenseVoiceNetwork:
    """The network with its weights, on one device.

    Args:
        checkpoint: the weights.
        sizes: the encoder's.
        outputs: their number.
        device: a torch device, ``cpu`` or ``cuda``.
        precision: of the products; see ``lower``.

    Raises:
        ModelUnusable: the weights are another network's.
    """

    def __init__(
        self,
        checkpoint: Path,
        sizes: EncoderSizes,
        outputs: int,
        device: str,
        *,
        precision: str = "float32",
    ) -> None:
        self._device = device
        network = _Network(sizes, outputs)
        load_weights(network, checkpoint)
        lower(network, precision, device)
        self._network = network.eval().to(device)

    @torch.inference_mode()
    def best(
        self, batch: Sequence[Array], queries: Sequence[int]
    ) -> list[tuple[NDArray[np.int64], Array]]:
        """The best outputs of some utterances.

        Args:
            batch: features of each, shape (frames, dim).
            queries: numbers of the vectors that stand before each.

        Returns:
            For each utterance the best output and the natural logarithm of its posterior, of each
            query and frame: two arrays of shape (queries + frames,).
        """
        utterances = [torch.from_numpy(features).to(self._device) for features in batch]
        encoded = self._network(utterances, torch.tensor(queries, device=self._device))
        outputs, logprobs = zip(*map(self._best, encoded.split(ROWS_AT_ONCE)), strict=True)
        ends = np.cumsum([len(queries) + len(features) for features in batch])[:-1]
        parts = (np.split(torch.cat(part).cpu().numpy(), ends) for part in (outputs, logprobs))
        return list(zip(*parts, strict=True))

    def _best(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        scores = self._network.ctc["ctc_lo"](encoded).float()
        highest, outputs = scores.max(dim=1)
        scores.sub_(highest[:, None]).exp_()
        return outputs, -scores.sum(dim=1).log_()


class _Network(nn.Module):
    """The tensors have the names FunASR's ``SenseVoiceSmall`` gives them."""

    def __init__(self, sizes: EncoderSizes, outputs: int) -> None:
        super().__init__()
        self.encoder = SanmEncoder(sizes)
        self.ctc = nn.ModuleDict({"ctc_lo": Linear(sizes.width, outputs)})
        self.embed = _Queries(sizes.inputs)

    def forward(self, batch: Sequence[Tensor], queries: Tensor) -> Tensor:
        """Encode utterances with queries before each; shape (all queries and frames, width)."""
        before = self.embed.weight[queries]
        frames: Tensor = self.encoder([torch.cat((before, features)) for features in batch])
        return frames


class _Queries(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = unset(QUERIES, width)
