"""The detector's network, on the runtime that the model's folder is made for.

torch runs the checkpoint itself. ONNX Runtime runs the graph that was written from it where there
is one, on a CPU and without torch: an image for CPUs has such a graph (``provision/export.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.vad.sizes import FsmnSizes

EXPORTED = "model.onnx"


class Network(Protocol):
    """The encoder with its weights; it holds no state of a recording."""

    def silence(self, features: Iterable[Array]) -> Iterator[Array]:
        """Probability of silence for each frame of one recording.

        Args:
            features: blocks of shape (frames, dim); the network's memory is carried from one to
                the next, so the result does not depend on how the recording is cut.

        Yields:
            One array of shape (frames,) per block that has any.
        """

    def odds(self, features: Iterable[Array]) -> Iterator[Array]:
        """Log odds of speech instead, by all that the network knows; see ``read_out``."""


def load_network(
    folder: ModelFolder, sizes: FsmnSizes, silence: list[int], device: str | None
) -> Network:
    """Load the network of a model.

    Args:
        folder: the model.
        sizes: the encoder's.
        silence: the outputs that stand for silence.
        device: a torch device; None: a GPU if there is one. ONNX Runtime has the CPU in any case.

    Raises:
        ModelError: its file is missing, or another network's.
    """
    if folder.has(EXPORTED):
        from shared.nets.vad.onnx_network import OnnxNetwork

        return OnnxNetwork(folder.file(EXPORTED), sizes)
    from shared.models.lean import pick_device
    from shared.nets.vad.network import FsmnNetwork

    return FsmnNetwork(folder.asset("init_param"), sizes, silence, device or pick_device())
