"""Speaker embeddings with CAM++: who speaks in a window, as a direction in space.

Features (numpy) -> network (torch). Windows begin on a frame, so the features of a window are a
slice of those of the speech around it, which are computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from shared.batching import together
from shared.features import Array, Fbank
from shared.models.folder import ModelFolder
from shared.nets.speaker.config import Thresholds, read_model, read_thresholds
from shared.nets.speaker.network import CamPlusNetwork

__all__ = ["CamPlus"]

SHORTEST = 3  # frames: the network halves their number, then takes a deviation


@dataclass(frozen=True, slots=True)
class CamPlus:
    """A loaded embedder. It holds no state of a recording, so recordings never mix.

    Attributes:
        size: number of values of an embedding.
        thresholds: the cosines from which voices are one speaker's.
    """

    size: int
    thresholds: Thresholds
    _fbank: Fbank
    _network: CamPlusNetwork

    @classmethod
    def load(cls, folder: ModelFolder, device: str = "cpu") -> CamPlus:
        """Load the model in ``folder``.

        Raises:
            ModelError: the folder does not hold a model this module can run.
        """
        sizes, weights = read_model(folder)
        # Samples count as they are: the scale only cancels in the mean, but not in Kaldi's floor.
        fbank = Fbank(sizes.feat_dim, window="povey", full_scale=1.0)
        network = CamPlusNetwork(weights, sizes, device)
        return cls(sizes.embedding_size, read_thresholds(folder), fbank, network)

    def features(self, samples: Array) -> Array:
        """Log mel energies, not normalised.

        Args:
            samples: mono audio at 16 kHz, shape (samples,), full scale 1.0.

        Returns:
            Shape (frames, 80); frame ``t`` covers 25 ms from ``t * 10`` ms on.
        """
        return self._fbank(samples)

    def embed(self, windows: Iterable[Array]) -> Array:
        """One embedding per window, in the order of the windows.

        Each window is normalised to a mean of zero by itself, so its embedding does not depend on
        the other windows. Those of one length go through the network together, and with those that
        other jobs wait for.

        Args:
            windows: features, each of shape (frames, 80), of three frames at least.

        Returns:
            Shape (windows, size), of no particular length each: compare them by their cosine.

        Raises:
            ValueError: a window is shorter.
        """
        numbers: dict[int, list[int]] = {}  # of the windows of each length
        given = list(windows)
        for number, window in enumerate(given):
            if len(window) < SHORTEST:
                raise ValueError(f"a window of {len(window)} frames tells nothing of a voice")
            numbers.setdefault(len(window), []).append(number)
        embeddings = np.empty((len(given), self.size), dtype=np.float32)
        for frames, alike in numbers.items():
            asked = [given[number] for number in alike]
            most = frames * self._network.batch
            embeddings[alike] = together(self._embed, asked, frames, most=most)
        return embeddings

    def _embed(self, windows: Sequence[Array], _: int) -> Array:
        return self._network.embed(np.stack([part - part.mean(axis=0) for part in windows]))
