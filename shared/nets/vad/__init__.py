"""Voice activity detection with FunASR's FSMN-VAD.

Features (numpy) -> network (torch) -> end-point rules (numpy). Whoever needs segments of speech
uses ``FsmnVad``; its parts know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shared.errors import ModelUnusable
from shared.features import Array, Cmvn, Fbank, FeatureStream
from shared.models.folder import ModelFolder
from shared.nets.vad.endpoint import FRAME_MS, EndPointRules, find_segments
from shared.nets.vad.network import FsmnNetwork

__all__ = ["FRAME_MS", "EndPointRules", "FsmnVad", "find_segments"]


@dataclass(frozen=True, slots=True)
class FsmnVad:
    """A loaded detector. It holds no state of a recording, so recordings never mix.

    Attributes:
        rules: the model's own end-point rules.
    """

    rules: EndPointRules
    _fbank: Fbank
    _cmvn: Cmvn
    _lfr_m: int
    _network: FsmnNetwork

    @classmethod
    def load(cls, folder: ModelFolder, device: str = "cpu") -> FsmnVad:
        """Load the model in ``folder``.

        Raises:
            ModelError: the folder does not hold a model this module can run.
        """
        config = folder.config()
        front = config.get("frontend_conf", {})
        for key, wanted in _FRONT_END.items():
            if front.get(key, wanted) != wanted:
                raise ModelUnusable(f"{folder.id}: {key}={front[key]!r} is not supported")
        fbank = Fbank(front["n_mels"], front["frame_length"], front["frame_shift"])
        cmvn = Cmvn.read(folder.asset("frontend_conf", "cmvn_file"))
        rules = EndPointRules.from_config(config.get("model_conf", {}))
        return cls(rules, fbank, cmvn, front["lfr_m"], FsmnNetwork(folder, device))

    def silence(self, blocks: Iterable[Array]) -> Array:
        """Probability of silence, one value per 10 ms.

        Args:
            blocks: mono audio at 16 kHz, each of shape (samples,), full scale 1.0.

        Returns:
            Shape (frames,); frame ``t`` covers 25 ms from ``t * 10`` ms on.
        """
        features = FeatureStream(self._fbank, self._cmvn, self._lfr_m).stream(blocks)
        # One growing buffer: an array kept per block would pin holes into the heap between the
        # large ones that come and go, and ten hours would take twice the memory.
        found = bytearray()
        for part in self._network.silence(features):
            found += part.tobytes()
        return np.frombuffer(found, dtype=np.float32)


_FRONT_END = {"fs": 16_000, "window": "hamming", "dither": 0.0, "lfr_n": 1, "frame_shift": FRAME_MS}
