"""Loads the recogniser that ``service.toml`` chooses; what is not chosen is not even imported."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.errors import ModelUnusable
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.asr import Recognizer, Transcript

if TYPE_CHECKING:
    from shared.nets.punctuation import CtPunc


PRECISIONS = ("float32", "bfloat16", "int8")


def load_network(found: Mapping[str, ModelFolder], device: str) -> Recognizer:
    """The recogniser, with its punctuation if that is a model of its own.

    Args:
        found: the service's models by role, compared with their locks already.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        ModelError: a model is of another kind.
    """
    folder, precision = found["asr"], _precision()
    kind = folder.config().get("model")
    if kind == "SenseVoiceSmall":
        from shared.nets.asr.sensevoice import SenseVoice

        return SenseVoice.load(folder, device, precision=precision)
    if kind in {"Paraformer", "BiCifParaformer"}:
        from shared.nets.asr.paraformer import Paraformer
        from shared.nets.punctuation import CtPunc

        marks = CtPunc.load(found["punctuation"], device)
        return Punctuated(Paraformer.load(folder, device, precision=precision), marks)
    raise ModelUnusable(f"{folder.id}: no recogniser for a model of kind {kind!r}")


def _precision() -> str:
    """What the recogniser's products are computed with, as ASR_PRECISION says."""
    asked = os.environ.get("ASR_PRECISION") or PRECISIONS[0]
    if asked not in PRECISIONS:
        raise ModelUnusable(f"ASR_PRECISION has to be one of {', '.join(PRECISIONS)}")
    return asked


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
