"""The FSMN network of the voice activity detector in torch: features in, P(silence) out.

Source: Zhang et al., "Deep-FSMN for large vocabulary continuous speech recognition", ICASSP 2018.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shared.features import Array
from shared.models.lean import load_weights
from shared.nets.vad.sizes import FsmnSizes

if TYPE_CHECKING:
    from torch import Tensor


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

    def silence(self, features: Iterable[Array]) -> Iterator[Array]:
        """Probability of silence for each frame of one recording; see ``Network``."""
        for posteriors in self._run(features):
            yield posteriors[:, self._silence].sum(dim=1).cpu().numpy()

    def posteriors(self, features: Iterable[Array]) -> Iterator[Array]:
        """Probability of every output instead; see ``Network``."""
        for posteriors in self._run(features):
            yield posteriors.cpu().numpy()

    def _run(self, features: Iterable[Array]) -> Iterator[Tensor]:
        import torch

        memory = self._encoder.memory()
        for block in features:
            if not len(block):
                continue
            with torch.inference_mode():
                posteriors = self._encoder(torch.from_numpy(block).to(self._device), memory)
            yield posteriors
