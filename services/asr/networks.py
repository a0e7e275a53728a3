"""Loads the recogniser that ``service.toml`` chooses; what is not chosen is not even imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.contract import ModelInfo
from shared.errors import ModelUnusable
from shared.features import Array
from shared.models.verified import verified
from shared.nets.asr import Recognizer, Transcript
from shared.spec import ServiceSpec

if TYPE_CHECKING:
    from shared.nets.punctuation import CtPunc

Loaded = tuple[Recognizer, tuple[ModelInfo, ...]]


def load_network(spec: ServiceSpec, device: str) -> Loaded:
    """The recogniser, with its punctuation if that is a model of its own.

    Returns:
        It, and what results say of its models, the recogniser first.

    Raises:
        ModelError: a model is missing, altered or of another kind.
    """
    folder, info = verified(spec, "asr")
    kind = folder.config().get("model")
    if kind == "SenseVoiceSmall":
        from shared.nets.asr.sensevoice import SenseVoice

        return SenseVoice.load(folder, device), (info,)
    if kind in {"Paraformer", "BiCifParaformer"}:
        from shared.nets.asr.paraformer import Paraformer

        return _punctuated(Paraformer.load(folder, device), info, spec, device)
    raise ModelUnusable(f"{folder.id}: no recogniser for a model of kind {kind!r}")


def _punctuated(model: Recognizer, info: ModelInfo, spec: ServiceSpec, device: str) -> Loaded:
    from shared.nets.punctuation import CtPunc

    folder, marks_info = verified(spec, "punctuation")
    return Punctuated(model, CtPunc.load(folder, device)), (info, marks_info)


@dataclass(frozen=True, slots=True)
class Punctuated:
    """A recogniser that writes no punctuation, and a model that does; a ``Recognizer``."""

    _model: Recognizer
    _marks: CtPunc

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of the recogniser."""
        return self._model.languages

    @property
    def frames_at_once(self) -> int:
        """Of the recogniser."""
        return self._model.frames_at_once

    def features(self, samples: Array) -> Array:
        """What the recogniser hears."""
        return self._model.features(samples)

    def transcribe(
        self, batch: Sequence[Array], language: str = "auto", use_itn: bool = True
    ) -> list[Transcript]:
        """Recognise; then set the punctuation, if it is asked for."""
        found = self._model.transcribe(batch, language, use_itn)
        if not use_itn:
            return found
        return [replace(part, tokens=self._marks.punctuate(part.tokens)) for part in found]
