"""The FSMN network of the voice activity detector in torch: features in, silence or speech out.

Source: Zhang et al., "Deep-FSMN for large vocabulary continuous speech recognition", ICASSP 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.vad.readout import odds_against, read_out
from shared.nets.vad.sizes import FsmnSizes

if TYPE_CHECKING:
    from torch import Tensor

    Compute = Callable[[Tensor, list[Tensor]], Tensor]


class FsmnNetwork:
    """The encoder with its weights, on one device; see ``Network``.

    Args:
        checkpoint: the weights.
        sizes: the encoder's.
        silence: the outputs that stand for silence.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        ModelUnusable: the weights are another network's.
    """

    def __init__(self, checkpoint: Path, sizes: FsmnSizes, silence: list[int], device: str) -> None:
        from shared.nets.vad.encoder import FsmnEncoder

        self._silence = silence
        self._device = device
        encoder = FsmnEncoder(sizes)
        load_weights(encoder, checkpoint, prefix="encoder.")
        self._encoder = encoder.eval().to(device)
        self._read_out = read_out(sizes)

    def silence(self, features: Iterable[Array]) -> Iterator[Array]:
        """Probability of silence for each frame of one recording; see ``Network``."""
        return self._run(self._quiet, features)

    def odds(self, features: Iterable[Array]) -> Iterator[Array]:
        """Log odds of speech instead; see ``Network``."""
        if self._read_out is None:
            return map(odds_against, self.silence(features))
        return self._run(partial(self._speech, *self._read_out), features)

    def _run(self, compute: Compute, features: Iterable[Array]) -> Iterator[Array]:
        import torch

        memory = self._encoder.memory()
        for block in features:
            if len(block):
                with torch.inference_mode():
                    found = compute(torch.from_numpy(block).to(self._device), memory)
                yield found.cpu().numpy()

    def _quiet(self, features: Tensor, memory: list[Tensor]) -> Tensor:
        posteriors: Tensor = self._encoder(features, memory)
        return posteriors[:, self._silence].sum(dim=1)

    def _speech(
        self, weights: Array, bias: float, features: Tensor, memory: list[Tensor]
    ) -> Tensor:
        odds = features.new_full((len(features),), bias)
        blocks = self._encoder.blocks(features, memory)
        for frames, row in zip(blocks, features.new_tensor(weights), strict=True):
            odds += frames @ row
        return odds
