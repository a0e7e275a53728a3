"""Voice activity detection with FunASR's FSMN-VAD.

Features (numpy) -> network (torch or ONNX Runtime) -> end-point rules (numpy). Whoever needs
segments of speech uses ``FsmnVad``; its parts know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from shared.batching import in_turns
from shared.features import Array, Cmvn, Fbank, FeatureStream
from shared.models.folder import ModelFolder
from shared.nets.config import read_config
from shared.nets.vad.cutting import SEPARATE, Cutting, SpeechSegment
from shared.nets.vad.endpoint import FRAME_MS, EndPointRules
from shared.nets.vad.joining import Joining
from shared.nets.vad.runtime import Network, load_network
from shared.nets.vad.segmenter import Segmenter, find_segments
from shared.nets.vad.sizes import FsmnSizes

__all__ = [
    "FRAME_MS", "Config", "Cutting", "EndPointRules", "FsmnVad", "Joining", "Segmenter",
    "SpeechSegment", "find_segments", "gathered",
]  # fmt: skip


class _FrontEnd(BaseModel):
    """The front end of a ``config.yaml``, as far as there is a choice."""

    fs: Literal[16_000] = 16_000
    window: Literal["hamming"] = "hamming"
    dither: float = Field(0.0, ge=0.0, le=0.0)
    n_mels: int = Field(gt=0)
    frame_length: int = Field(gt=0)
    frame_shift: Literal[10] = FRAME_MS
    lfr_m: int = Field(gt=0)
    lfr_n: Literal[1] = 1


class Config(BaseModel):
    """What a ``config.yaml`` says of a detector."""

    frontend_conf: _FrontEnd
    encoder_conf: FsmnSizes
    model_conf: dict[str, Any] = {}

    @property
    def silence(self) -> list[int]:
        """The network's outputs that stand for silence."""
        found: list[int] = self.model_conf.get("sil_pdf_ids", [0])
        return found


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
    _network: Network

    @classmethod
    def load(cls, folder: ModelFolder, device: str | None = "cpu") -> FsmnVad:
        """Load the model in ``folder``; ``device`` is torch's, see ``load_network``.

        Raises:
            ModelError: the folder does not hold a model this module can run.
        """
        config = read_config(folder, Config)
        front = config.frontend_conf
        fbank = Fbank(front.n_mels, front.frame_length, front.frame_shift)
        cmvn = Cmvn.read(folder.asset("frontend_conf", "cmvn_file"))
        rules = EndPointRules.from_config(config.model_conf)
        network = load_network(folder, config.encoder_conf, config.silence, device)
        return cls(rules, fbank, cmvn, front.lfr_m, network)

    def silence(self, blocks: Iterable[Array]) -> Array:
        """Probability of silence, one value per 10 ms.

        Args:
            blocks: mono audio at 16 kHz, each of shape (samples,), full scale 1.0.

        Returns:
            Shape (frames,); frame ``t`` covers 25 ms from ``t * 10`` ms on.
        """
        return gathered(self.silences(blocks))

    def silences(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """As ``silence``, in parts, as soon as they are known."""
        return in_turns(self._network.silence, self.features(blocks))

    def odds(self, blocks: Iterable[Array]) -> Array:
        """Log odds of speech by all that the network knows, one value per 10 ms.

        Args:
            blocks: as for ``silence``.

        Returns:
            Shape (frames,), natural logarithms; see ``shared/nets/vad/readout.py``.
        """
        return gathered(in_turns(self._network.odds, self.features(blocks)))

    def segments(
        self, blocks: Iterable[Array], rules: EndPointRules, joining: Joining = SEPARATE
    ) -> Iterator[SpeechSegment]:
        """The speech of a recording, each segment as soon as it is known to have ended.

        Args:
            blocks: as for ``silence``.
            rules: where segments begin and end.
            joining: which of them are made one; none by default.

        Yields:
            The segments ``find_segments`` gives for the whole recording, in order, or what they
            are made into. No more of the audio than the longest of them is kept.
        """
        for _, segment in self.each_way(blocks, [Cutting(rules, joining)]):
            yield segment

    def each_way(
        self, blocks: Iterable[Array], ways: Sequence[Cutting]
    ) -> Iterator[tuple[int, SpeechSegment]]:
        """A recording's segments by several rules, heard once.

        Args:
            blocks: as for ``silence``.
            ways: how it is cut, made for this recording.

        Yields:
            The number of a way and a segment, as soon as that is known to have ended; what becomes
            known at the same time in the order of the ways.
        """
        for way in ways:
            blocks = way.passing(blocks)
        for part in self.silences(blocks):
            for number, way in enumerate(ways):
                for segment in way.push(part):
                    yield number, segment
        for number, way in enumerate(ways):
            for segment in way.finish():
                yield number, segment

    def features(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """What the network is given: arrays of shape (frames, dim), none empty."""
        return filter(len, FeatureStream(self._fbank, self._cmvn, self._lfr_m).stream(blocks))


def gathered(parts: Iterable[Array]) -> Array:
    """Parts of shape (frames,) as one array."""
    # One growing buffer: an array kept per block would pin holes into the heap between the
    # large ones that come and go, and ten hours would take twice the memory.
    found = bytearray()
    for part in parts:
        found += part.tobytes()
    return np.frombuffer(found, dtype=np.float32)
